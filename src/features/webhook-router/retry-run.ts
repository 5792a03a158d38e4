import { Injectable } from '@nestjs/common';
import { Clock, isoTime } from '../../platform/clock.ts';
import type { AppError } from '../../platform/errors.ts';
import { reach } from '../../platform/fault-points.ts';
import { type Job, Queue } from '../../platform/queue/index.ts';
import { dataOf, jobOf } from './defer-run.ts';
import type { PendingUndo } from './pending-undo.ts';
import { nextAttemptAt } from './retry.rules.ts';
import { RunRecord } from './run-record.ts';
import { untilStored } from './until-stored.ts';
import type { WebHookRun } from './webhook-run.ts';

/** Has the queue go on with a run later. */
@Injectable()
export class RetryRun {
  constructor(
    private readonly record: RunRecord,
    private readonly queue: Queue,
    private readonly clock: Clock,
  ) {}

  /** Keeps a failed try and when the next one is; false: it was tried as often as may be. */
  async again(run: WebHookRun, job: Job, failure: AppError): Promise<boolean> {
    const now = this.clock.now();
    const runAt = nextAttemptAt(run.admitted.route.config.settings.retry, job.attempt, now);
    if (runAt === null) return false;
    run.failedAttempts.push({
      attempt: job.attempt,
      endedAt: isoTime(now),
      durationMs: Math.round(performance.now() - run.begunAt),
      code: failure.code,
      errors: failure.details,
    });
    await untilStored(() => this.queue.retry(job, runAt, this.rowsUntil(run, runAt, failure.code)));
    reach('retry.committed');
    return true;
  }

  /** Goes on with a compensation; false: it was tried as often as may be. @param tries so far. */
  async undoLater(run: WebHookRun, undo: PendingUndo, tries: number): Promise<boolean> {
    const runAt = nextAttemptAt(run.admitted.route.config.settings.retry, tries, this.clock.now());
    if (runAt === null) return false;
    const { job } = run;
    const keptOneByOne = run.recordsCalls;
    run.isDurable = true;
    run.recordsCalls = true;
    const rows = this.rowsUntil(run, runAt, undo.failure.code, keptOneByOne ? [] : run.calls);
    const data = dataOf(run, undo);
    await untilStored(async () => {
      if (job) await this.queue.retry({ ...job, data }, runAt, rows);
      else await this.queue.add({ ...jobOf(run, null, runAt), data }, rows);
    });
    reach('retry.committed');
    return true;
  }

  private rowsUntil(run: WebHookRun, nextAttempt: number, code: string, calls: WebHookRun['calls'] = []) {
    const progress = {
      status: 'received',
      code,
      nextAttemptAt: nextAttempt,
      attempts: run.attemptsJson,
    } as const;
    return this.record.progressRows(run, progress, calls);
  }
}
