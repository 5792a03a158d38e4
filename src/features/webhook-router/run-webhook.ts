import { Injectable } from '@nestjs/common';
import { asAppError } from '../../platform/errors.ts';
import { WorkDepth } from '../../platform/work-depth.ts';
import { EvaluateCall } from './evaluate-call.ts';
import { readRequestBody, type RequestBody } from './request-body.ts';
import { RouterSettings } from './router-settings.ts';
import { RunWork } from './run-work.ts';
import { failureAnswer } from './webhook-answer.ts';
import { ignoredEnd, type RunEnd, type WebHookRun } from './webhook-run.ts';

/** Runs a call whose body has been read; whatever happens, the run has an end. */
@Injectable()
export class RunWebHook {
  constructor(
    private readonly work: RunWork,
    private readonly evaluation: EvaluateCall,
    private readonly settings: RouterSettings,
    private readonly depths: WorkDepth,
  ) {}

  /** Never throws for what a call or its script can bring about. */
  async run(run: WebHookRun, body: RequestBody): Promise<RunEnd> {
    run.depth = Math.max(this.depths.depthIn(run.meta.headers), run.terms?.depth ?? 0);
    try {
      return await this.work.run(run, body);
    } catch (thrown) {
      const failure = asAppError(thrown);
      return { answer: failureAnswer(failure), failure, isRejection: failure.kind !== 'surprise' };
    }
  }

  /** A call that was verified and recorded before: what came is read anew, and run. */
  async runAgain(run: WebHookRun): Promise<RunEnd> {
    try {
      const { call, route } = run.admitted;
      const body = await readRequestBody(call.headers, run.body, this.settings.bodyLimitBytes);
      if (route.expressions && !run.mapped) {
        const { isActive, input } = await this.evaluation.decide(run, body, route.expressions);
        // The condition of a call held when it was accepted; those of replays and of the house are asked before they do anything.
        if (!isActive && (run.terms || route.isOfHouse) && run.recordedCalls.length === 0)
          return ignoredEnd(run.id);
        run.mapped = input;
      }
      return { ...(await this.run(run, body)), isRejection: false };
    } catch (thrown) {
      const failure = asAppError(thrown);
      return { answer: failureAnswer(failure), failure };
    }
  }
}
