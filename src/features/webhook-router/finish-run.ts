import { Injectable } from '@nestjs/common';
import { UnrecordedOutcomes } from '../executions/index.ts';
import type { AppError } from '../../platform/errors.ts';
import { reach } from '../../platform/fault-points.ts';
import { Queue } from '../../platform/queue/index.ts';
import { RetryRun } from './retry-run.ts';
import { RunRecord } from './run-record.ts';
import { failureAnswer, type WebHookAnswer } from './webhook-answer.ts';
import { outcomeUnrecorded } from './webhook.errors.ts';
import { ignoredEnd, type RunEnd, type WebHookRun } from './webhook-run.ts';

/** How long work waits that was cut off because the engine was not there. */
const UNAVAILABLE_MS = 5_000;

/** Puts the end of a synchronous run on record: whoever is told of it is told afterwards. */
@Injectable()
export class FinishRun {
  constructor(
    private readonly record: RunRecord,
    private readonly unrecorded: UnrecordedOutcomes,
    private readonly queue: Queue,
    private readonly retry: RetryRun,
  ) {}

  /** Refuses a call for what is wrong with it; the refusal stands whether or not it can be recorded. */
  async reject(run: WebHookRun, failure: AppError): Promise<WebHookAnswer> {
    const end: RunEnd = { answer: failureAnswer(failure), failure, isRejection: true };
    const { route, receivedAt } = run.admitted;
    if (!route.mayRecordRejection(receivedAt)) {
      this.record.countRejection(run);
      return end.answer;
    }
    await this.record.store(run, this.record.endRows(run, end)).catch(() => undefined);
    this.record.logEnd(run, end);
    return end.answer;
  }

  /** The answer, once the end is on disk. @throws AppError 503 when it cannot be stored now. */
  async finish(run: WebHookRun, end: RunEnd): Promise<WebHookAnswer> {
    if (end.isRejection && !run.isOnRecord && !run.deferring) return await this.reject(run, end.failure!);
    reach('commit.before');
    // Either there is a job now, which ends with this record, or there will be none.
    if (run.deferring) await run.deferring.catch(() => undefined);
    run.isEnding = true;
    const { job } = run;
    if (end.pendingUndo) {
      await this.retry.undoLater(run, end.pendingUndo, 1);
    } else if (end.isStored) {
      if (job) await this.queue.end(job, []);
    } else if (job && end.failure?.code === 'script.unavailable') {
      await this.queue.retry(job, Date.now() + UNAVAILABLE_MS, []);
    } else await this.store(run, end);
    reach('outcome.committed');
    this.record.logEnd(run, end);
    return end.answer;
  }

  /** The answer of a call whose condition does not hold, once that is on disk. */
  async ignore(run: WebHookRun): Promise<WebHookAnswer> {
    return await this.finish(run, ignoredEnd(run.id));
  }

  /** Logs a failure that is nobody's who calls. */
  fail(run: WebHookRun, error: AppError): void {
    this.record.logFailure(run, error);
  }

  private async store(run: WebHookRun, end: RunEnd): Promise<void> {
    const rows = this.record.endRows(run, end, end.failure?.code === 'script.diverged');
    const store = () => this.record.store(run, rows);
    try {
      await store();
    } catch (cause) {
      if (!run.isOnRecord) throw cause;
      // It ran: from here on it is recorded again and never run again.
      this.unrecorded.keep(run.id, store, (refusal) =>
        this.record.logFailure(run, outcomeUnrecorded(refusal)),
      );
      throw outcomeUnrecorded(cause);
    }
  }
}
