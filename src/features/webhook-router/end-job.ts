import { Injectable } from '@nestjs/common';
import { Clock, isoTime } from '../../platform/clock.ts';
import type { AppError } from '../../platform/errors.ts';
import { reach } from '../../platform/fault-points.ts';
import { type Job, Queue } from '../../platform/queue/index.ts';
import { isPermanent, nextAttemptAt } from './retry.rules.ts';
import { RunLog } from './run-log.ts';
import { RunRecord } from './run-record.ts';
import { untilStored } from './until-stored.ts';
import { failureAnswer } from './webhook-answer.ts';
import type { RunEnd, WebHookRun } from './webhook-run.ts';

/** Puts the end of an asynchronous run on record, or when it is tried again. */
@Injectable()
export class EndJob {
  constructor(
    private readonly record: RunRecord,
    private readonly queue: Queue,
    private readonly log: RunLog,
    private readonly clock: Clock,
  ) {}

  /** @throws where nothing was tried, or another process has taken the run over. */
  async end(run: WebHookRun, job: Job, end: RunEnd): Promise<void> {
    const { failure } = end;
    // The engine is not there: nothing was tried.
    if (failure?.code === 'script.unavailable') throw failure;
    if (!end.isStored) {
      if (failure && !isPermanent(failure) && (await this.again(run, job, failure))) return;
      const rows = this.record.endRows(run, end, failure !== null && isDead(failure));
      reach('commit.before');
      await untilStored(() => this.record.store(run, rows));
    }
    this.log.ended(run, end);
    reach('outcome.committed');
  }

  /** True: a further attempt is on record. */
  private async again(run: WebHookRun, job: Job, failure: AppError): Promise<boolean> {
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
    const rows = this.record.progressRows(run, {
      status: 'received',
      code: failure.code,
      nextAttemptAt: runAt,
      attempts: run.attemptsJson,
    });
    await untilStored(() => this.queue.retry(job, runAt, rows));
    this.log.ended(run, { answer: failureAnswer(failure), failure });
    reach('retry.committed');
    return true;
  }
}

/** What was asked for wrongly has failed; what was tried often enough, or can never go on, is dead. */
function isDead(failure: AppError): boolean {
  return !isPermanent(failure) || failure.code === 'script.diverged';
}
