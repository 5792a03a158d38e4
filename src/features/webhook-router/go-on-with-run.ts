import { Injectable } from '@nestjs/common';
import { asAppError } from '../../platform/errors.ts';
import type { Job } from '../../platform/queue/index.ts';
import { currentTracer } from '../../platform/telemetry/tracing.ts';
import { EndJob } from './end-job.ts';
import { FinishRun } from './finish-run.ts';
import { IdempotentCalls } from './idempotent-calls.ts';
import { runSpan } from './run-span.ts';
import { RunWebHook } from './run-webhook.ts';
import { failureAnswer } from './webhook-answer.ts';
import type { WebHookRun } from './webhook-run.ts';

/** Runs a call that is on record, once more or for the first time. */
@Injectable()
export class GoOnWithRun {
  constructor(
    private readonly webhook: RunWebHook,
    private readonly endJob: EndJob,
    private readonly finish: FinishRun,
    private readonly idempotent: IdempotentCalls,
  ) {}

  run(run: WebHookRun, job: Job): Promise<void> {
    const tracer = currentTracer();
    return tracer ? tracer.within(runSpan(run, 'consumer'), () => this.goOn(run, job)) : this.goOn(run, job);
  }

  private async goOn(run: WebHookRun, job: Job): Promise<void> {
    run.job = job;
    // It may have waited since it was accepted.
    run.begunAt = performance.now();
    run.isOnRecord = true;
    if (run.admitted.route.isAsync) {
      run.attempt = job.attempt;
      await this.endJob.follow(run, job, this.webhook.runAgain(run));
      return;
    }
    const ended = this.endSync(run);
    // Who repeats the call meanwhile waits for this run.
    this.idempotent.goOn(
      run,
      ended.then(
        (answer) => ({ answer, executionId: run.id }),
        (cause: unknown) => ({ answer: failureAnswer(asAppError(cause)), executionId: run.id }),
      ),
    );
    await ended;
  }

  private async endSync(run: WebHookRun) {
    const end = await this.webhook.runAgain(run);
    return await this.finish.finish(run, end);
  }
}
