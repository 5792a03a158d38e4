import { Injectable } from '@nestjs/common';
import type { AppError } from '../../platform/errors.ts';
import { RouterSettings } from './router-settings.ts';
import type { RunEnd, WebHookRun } from './webhook-run.ts';

/** The log's lines of webhooks. */
@Injectable()
export class RunLog {
  constructor(private readonly settings: RouterSettings) {}

  /** One line for each call: those that went well only where somebody asks for them, at 10,000 a second. */
  ended(run: WebHookRun, { answer, failure }: RunEnd): void {
    const { logger } = this.settings;
    if (!failure && !logger.isLevelEnabled('debug')) return;
    const line = {
      executionId: run.id,
      key: run.admitted.route.config.key,
      status: answer.status,
      durationMs: Math.round(performance.now() - run.admitted.startedAt),
      ...(run.attempt > 1 && { attempt: run.attempt }),
    };
    if (!failure) logger.debug(line, 'webhook succeeded');
    else logger.info({ ...line, code: failure.code }, 'webhook did not succeed');
  }

  /** A failure that is nobody's who calls. */
  failed(run: WebHookRun, error: AppError): void {
    this.settings.logger.error(
      {
        executionId: run.id,
        key: run.admitted.route.config.key,
        code: error.code,
        err: error.cause ?? error,
      },
      'webhook failed',
    );
  }
}
