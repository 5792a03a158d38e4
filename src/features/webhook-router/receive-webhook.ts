import { Injectable } from '@nestjs/common';
import { type AppError, asAppError } from '../../platform/errors.ts';
import { reach } from '../../platform/fault-points.ts';
import { ExecutionRecorder, UnrecordedOutcomes } from '../executions/index.ts';
import { type AdmittedCall, metaOf } from './incoming-call.ts';
import { RouterSettings } from './router-settings.ts';
import { RunWebHook } from './run-webhook.ts';
import { failureAnswer, type WebHookAnswer } from './webhook-answer.ts';
import { outcomeUnrecorded } from './webhook.errors.ts';
import { type RunEnd, WebHookRun } from './webhook-run.ts';

/** The way of a call from its matched address to its answer, in the order of contract §5.1. */
@Injectable()
export class ReceiveWebHook {
  constructor(
    private readonly webhook: RunWebHook,
    private readonly recorder: ExecutionRecorder,
    private readonly unrecorded: UnrecordedOutcomes,
    private readonly settings: RouterSettings,
  ) {}

  /** Refuses a call for what is wrong with it; the refusal stands whether or not it can be recorded. */
  async reject(admitted: AdmittedCall, error: AppError, body: Buffer): Promise<WebHookAnswer> {
    return await this.rejectRun(newRun(admitted, body), error);
  }

  private async rejectRun(run: WebHookRun, error: AppError): Promise<WebHookAnswer> {
    const answer = failureAnswer(error);
    const { admitted } = run;
    if (!admitted.route.mayRecordRejection(admitted.receivedAt)) return answer;
    const outcome = run.outcome({ answer, failure: error, isRejection: true });
    await this.recorder.recordWhole(run.received(), outcome).catch(() => undefined);
    this.log(run, { answer, failure: error });
    return answer;
  }

  /** Everything after the body has arrived; the answer is given out when its record is on disk. */
  async receive(admitted: AdmittedCall, received: Buffer): Promise<WebHookAnswer> {
    const run = newRun(admitted, received);
    try {
      reach('run.started');
      const end = await this.webhook.run(run);
      if (end.isRejection) return await this.rejectRun(run, end.failure!);
      if (!end.isStored) await this.record(run, end);
      reach('outcome.committed');
      this.log(run, end);
      return end.answer;
    } catch (thrown) {
      const error = asAppError(thrown);
      if (error.kind === 'surprise' || error.kind === 'unavailable') this.logFailure(run, error);
      return failureAnswer(error);
    }
  }

  private async record(run: WebHookRun, end: RunEnd): Promise<void> {
    const outcome = run.outcome(end);
    reach('commit.before');
    if (!run.isOnRecord) {
      await this.recorder.recordWhole(run.received(), outcome);
      return;
    }
    try {
      await this.recorder.recordOutcome(run.ref, outcome);
    } catch (cause) {
      // It ran: from here on it is recorded again and never run again.
      this.unrecorded.keep(run.ref, outcome);
      throw outcomeUnrecorded(cause);
    }
  }

  /** One line for each call: those that went well only where somebody asks for them, at 10,000 a second. */
  private log(run: WebHookRun, { answer, failure }: RunEnd): void {
    const { logger } = this.settings;
    if (!failure && !logger.isLevelEnabled('debug')) return;
    const line = {
      executionId: run.id,
      key: run.admitted.route.config.key,
      status: answer.status,
      durationMs: Math.round(performance.now() - run.admitted.startedAt),
    };
    if (!failure) logger.debug(line, 'webhook succeeded');
    else logger.info({ ...line, code: failure.code }, 'webhook did not succeed');
  }

  private logFailure(run: WebHookRun, error: AppError): void {
    const { logger } = this.settings;
    logger.error(
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

function newRun(admitted: AdmittedCall, body: Buffer): WebHookRun {
  const meta = metaOf(admitted);
  return new WebHookRun(admitted, meta, JSON.stringify(meta), body);
}
