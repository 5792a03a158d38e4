import { Injectable } from '@nestjs/common';
import { type TableRow, untilStored } from '../../platform/db/index.ts';
import { Clock, isoTime } from '../../platform/clock.ts';
import type { AppError } from '../../platform/errors.ts';
import { reach } from '../../platform/fault-points.ts';
import { type Job, Queue } from '../../platform/queue/index.ts';
import { RunRecord } from './run-record.ts';
import { takenOver } from './webhook.errors.ts';
import type { WebHookRun } from './webhook-run.ts';

/** How long work waits that was cut off because the engine was not there. */
const UNAVAILABLE_MS = 5_000;

/** Has the queue go on with a run later. */
@Injectable()
export class RetryRun {
  constructor(
    private readonly record: RunRecord,
    private readonly queue: Queue,
    private readonly clock: Clock,
  ) {}

  /** Nothing was tried: that does not count. */
  async soon(job: Job): Promise<void> {
    await this.again(job, this.clock.now() + UNAVAILABLE_MS, []);
  }

  /** Keeps a failed try and when the next one is. @param runAt milliseconds since 1970. */
  async later(run: WebHookRun, job: Job, failure: AppError, runAt: number): Promise<void> {
    run.failedAttempts.push({
      attempt: run.attempt,
      endedAt: isoTime(this.clock.now()),
      durationMs: Math.round(performance.now() - run.begunAt),
      code: failure.code,
      errors: failure.details,
    });
    // Attempts of an asynchronous run are those of its job; of all others the record counts them.
    if (!run.admitted.route.isAsync) run.attempt++;
    const rows = this.record.progressRows(run, {
      status: 'received',
      code: failure.code,
      nextAttemptAt: runAt,
      attempts: run.attemptsJson,
    });
    await this.again(job, runAt, rows);
    reach('retry.committed');
  }

  /** @throws when another process goes on with it. */
  private async again(job: Job, runAt: number, rows: readonly TableRow[]): Promise<void> {
    if (!(await untilStored(() => this.queue.retry(job, runAt, rows)))) throw takenOver();
  }
}
