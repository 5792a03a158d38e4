import { Injectable } from '@nestjs/common';
import type { AppError } from '../../platform/errors.ts';
import { reach } from '../../platform/fault-points.ts';
import type { Job } from '../../platform/queue/index.ts';
import { CompensateChain, type ChainUndo } from './compensate-chain.ts';
import { compensationIncomplete, failureOf, type PendingUndo, pendingUndo } from './pending-undo.ts';
import { isPermanent } from './retry.rules.ts';
import { RetryRun } from './retry-run.ts';
import { RunRecord } from './run-record.ts';
import { untilStored } from './until-stored.ts';
import { failureAnswer } from './webhook-answer.ts';
import type { RunEnd, WebHookRun } from './webhook-run.ts';

/** Puts the end of a run by the queue on record, or when it goes on. */
@Injectable()
export class EndJob {
  constructor(
    private readonly record: RunRecord,
    private readonly retry: RetryRun,
    private readonly compensation: CompensateChain,
  ) {}

  /** @throws where nothing was tried, or another process has taken the run over. */
  async end(run: WebHookRun, job: Job, end: RunEnd): Promise<void> {
    const { failure } = end;
    // The engine is not there: nothing was tried.
    if (failure?.code === 'script.unavailable') throw failure;
    if (end.isStored) this.record.logEnd(run, end);
    else if (!failure) await this.store(run, end, false);
    else if (!isPermanent(failure) && (await this.retry.again(run, job, failure)))
      this.record.logEnd(run, end);
    else if (end.undo) await this.undo(run, end.undo, failure, job.attempt + 1);
    else await this.store(run, end, isDead(failure));
  }

  /** Goes on with a compensation that did not succeed before. */
  async goOnUndoing(run: WebHookRun, job: Job, undo: PendingUndo): Promise<void> {
    const scope = run.chainScope(undo.called);
    const obstacle = await this.compensation.run(run, { ...undo, scope });
    const failure = failureOf(undo);
    const answer = failureAnswer(failure);
    if (!obstacle) await this.store(run, { answer, failure, isUndone: true }, undo.isDead);
    else if (!(await this.retry.undoLater(run, undo, job.attempt - undo.firstAttempt + 2)))
      await this.store(run, { answer, failure: compensationIncomplete(obstacle), isUndone: true }, true);
  }

  private async undo(
    run: WebHookRun,
    undo: ChainUndo,
    failure: AppError,
    firstAttempt: number,
  ): Promise<void> {
    const answer = failureAnswer(failure);
    const obstacle = await this.compensation.run(run, undo);
    if (!obstacle) return await this.store(run, { answer, failure, isUndone: true }, isDead(failure));
    const pending = pendingUndo(run, undo, { failure, isDead: isDead(failure), firstAttempt });
    if (await this.retry.undoLater(run, pending, 1)) return;
    await this.store(run, { answer, failure: compensationIncomplete(obstacle), isUndone: true }, true);
  }

  private async store(run: WebHookRun, end: RunEnd, isDeadNow: boolean): Promise<void> {
    const rows = this.record.endRows(run, end, isDeadNow);
    reach('commit.before');
    await untilStored(() => this.record.store(run, rows));
    this.record.logEnd(run, end);
    reach('outcome.committed');
  }
}

/** What was asked for wrongly has failed; what was tried often enough, or can never go on, is dead. */
function isDead(failure: AppError): boolean {
  return !isPermanent(failure) || failure.code === 'script.diverged';
}
