import { Injectable } from '@nestjs/common';
import { UnrecordedOutcomes } from '../executions/index.ts';
import type { AppError } from '../../platform/errors.ts';
import { reach } from '../../platform/fault-points.ts';
import { isEngineAway } from './retry.rules.ts';
import { RetryRun } from './retry-run.ts';
import { RunLog } from './run-log.ts';
import { RunRecord } from './run-record.ts';
import { untilStored } from '../../platform/db/index.ts';
import { failureAnswer, type WebHookAnswer } from './webhook-answer.ts';
import { outcomeUnrecorded } from './webhook.errors.ts';
import { ignoredEnd, type RunEnd, type WebHookRun } from './webhook-run.ts';

/** Puts the end of a synchronous run on record: whoever is told of it is told afterwards. */
@Injectable()
export class FinishRun {
  constructor(
    private readonly record: RunRecord,
    private readonly unrecorded: UnrecordedOutcomes,
    private readonly retry: RetryRun,
    private readonly log: RunLog,
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
    this.log.ended(run, end);
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
    if (end.isStored) await untilStored(() => this.record.dropJob(run));
    else if (job && end.failure && isEngineAway(end.failure)) await this.retry.soon(job);
    else if (job && end.failure && typeof end.goesOnAt === 'number')
      await this.retry.later(run, job, end.failure, end.goesOnAt);
    else await this.store(run, end);
    reach('outcome.committed');
    this.log.ended(run, end);
    return end.answer;
  }

  /** The answer of a call whose condition does not hold, once that is on disk. */
  async ignore(run: WebHookRun): Promise<WebHookAnswer> {
    return await this.finish(run, ignoredEnd(run.id));
  }

  /** Logs a failure that is nobody's who calls. */
  fail(run: WebHookRun, error: AppError): void {
    this.log.failed(run, error);
  }

  private store(run: WebHookRun, end: RunEnd): Promise<void> {
    const rows = this.record.endRows(run, end);
    const store = () => this.record.store(run, rows);
    // What the queue goes on with would be run again while its outcome waits to be recorded.
    if (run.job) return untilStored(store);
    return store().catch((cause: unknown) => {
      if (!run.isOnRecord) throw cause;
      // It ran: from here on it is recorded again and never run again.
      this.unrecorded.keep(run.id, store, (refusal) => this.log.failed(run, outcomeUnrecorded(refusal)));
      throw outcomeUnrecorded(cause);
    });
  }
}
