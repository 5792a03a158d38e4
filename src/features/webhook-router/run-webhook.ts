import { Injectable } from '@nestjs/common';
import { asAppError } from '../../platform/errors.ts';
import { CompensateChain } from './compensate-chain.ts';
import { EvaluateCall } from './evaluate-call.ts';
import { pendingUndo } from './pending-undo.ts';
import { readRequestBody, type RequestBody } from './request-body.ts';
import { RouterSettings } from './router-settings.ts';
import { RunWork } from './run-work.ts';
import { failureAnswer } from './webhook-answer.ts';
import type { RunEnd, WebHookRun } from './webhook-run.ts';

/** Runs a call whose body has been read; whatever happens, the run has an end. */
@Injectable()
export class RunWebHook {
  constructor(
    private readonly work: RunWork,
    private readonly evaluation: EvaluateCall,
    private readonly settings: RouterSettings,
    private readonly compensation: CompensateChain,
  ) {}

  /** Never throws for what a call or its script can bring about. */
  async run(run: WebHookRun, body: RequestBody): Promise<RunEnd> {
    try {
      return await this.undone(run, await this.work.run(run, body));
    } catch (thrown) {
      const failure = asAppError(thrown);
      return { answer: failureAnswer(failure), failure, isRejection: failure.kind !== 'surprise' };
    }
  }

  /** Of a synchronous chain that has stopped, the compensations are tried at once; what fails of them is done later. */
  private async undone(run: WebHookRun, end: RunEnd): Promise<RunEnd> {
    const { undo, failure, ...rest } = end;
    if (!undo || !failure || run.admitted.route.isAsync) return end;
    const obstacle = await this.compensation.run(run, undo);
    if (!obstacle) return { ...rest, failure, isUndone: true };
    const firstAttempt = run.job ? run.job.attempt + 1 : 1;
    return {
      ...rest,
      failure,
      pendingUndo: pendingUndo(run, undo, { failure, isDead: false, firstAttempt }),
    };
  }

  /** A call that was verified and recorded before: what came is read anew, and run. */
  async runAgain(run: WebHookRun): Promise<RunEnd> {
    try {
      const { call, route } = run.admitted;
      const body = await readRequestBody(call.headers, run.body, this.settings.bodyLimitBytes);
      // Its condition held when it was accepted.
      if (route.expressions && !run.mapped)
        run.mapped = (await this.evaluation.decide(run, body, route.expressions)).input;
      return { ...(await this.run(run, body)), isRejection: false };
    } catch (thrown) {
      const failure = asAppError(thrown);
      return { answer: failureAnswer(failure), failure };
    }
  }
}
