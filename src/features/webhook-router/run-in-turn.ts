import { Injectable } from '@nestjs/common';
import { type AppError, asAppError } from '../../platform/errors.ts';
import type { WebHookReply } from './answer-in-time.ts';
import { ConcurrencyGates } from './concurrency-gates.ts';
import { FinishRun } from './finish-run.ts';
import type { RequestBody } from './request-body.ts';
import { RunLog } from './run-log.ts';
import { RunWebHook } from './run-webhook.ts';
import { failureAnswer } from './webhook-answer.ts';
import type { RunEnd, WebHookRun } from './webhook-run.ts';

/** Runs a synchronous call when its configuration has room for one more, and records how it ended. */
@Injectable()
export class RunInTurn {
  constructor(
    private readonly webhook: RunWebHook,
    private readonly gates: ConcurrencyGates,
    private readonly finish: FinishRun,
    private readonly log: RunLog,
  ) {}

  /** Never rejects. */
  run(run: WebHookRun, body: RequestBody): Promise<WebHookReply> {
    return this.inTurn(run, () => this.webhook.run(run, body));
  }

  /** One that is on record already. Never rejects. */
  runAgain(run: WebHookRun): Promise<WebHookReply> {
    return this.inTurn(run, () => this.webhook.runAgain(run));
  }

  private async inTurn(run: WebHookRun, work: () => Promise<RunEnd>): Promise<WebHookReply> {
    let leave: (() => void) | null = null;
    try {
      const { config } = run.admitted.route;
      if (config.settings.maxConcurrency !== undefined) leave = await this.gates.enter(config.id);
      return { answer: await this.finish.finish(run, await work()), executionId: run.id };
    } catch (thrown) {
      return this.failed(run, asAppError(thrown));
    } finally {
      leave?.();
    }
  }

  /** What is told of a failure that is nobody's who calls. */
  private failed(run: WebHookRun, error: AppError): WebHookReply {
    if (error.kind === 'surprise' || error.kind === 'unavailable') this.log.failed(run, error);
    return { answer: failureAnswer(error), executionId: run.id };
  }
}
