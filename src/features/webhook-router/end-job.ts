import { Injectable } from '@nestjs/common';
import { untilStored } from '../../platform/db/index.ts';
import { Clock } from '../../platform/clock.ts';
import { Deadlines } from '../../platform/deadlines.ts';
import { reach } from '../../platform/fault-points.ts';
import type { Job } from '../../platform/queue/index.ts';
import { goesOnAfter, isEngineAway, isPermanent } from './retry.rules.ts';
import { RetryRun } from './retry-run.ts';
import { RunLog } from './run-log.ts';
import { RunRecord } from './run-record.ts';
import type { RunEnd, WebHookRun } from './webhook-run.ts';

/** What takes longer is shown as `running`; most runs end before, and need no row for it. */
const SHOWN_AFTER_MS = 500;

/** Puts the end of a run by the queue on record, or when it goes on. */
@Injectable()
export class EndJob {
  private readonly deadlines = new Deadlines();

  constructor(
    private readonly record: RunRecord,
    private readonly retry: RetryRun,
    private readonly log: RunLog,
    private readonly clock: Clock,
  ) {}

  /** @param working is kept whatever happens. @throws where nothing was tried, or another process has taken the run over. */
  async follow(run: WebHookRun, job: Job, working: Promise<RunEnd>): Promise<void> {
    // Where it cannot be stored it is not shown, which harms nobody.
    const show = () => void this.record.running(run).catch(() => undefined);
    const watch = this.deadlines.watch(SHOWN_AFTER_MS, show);
    const end = await working;
    watch.cancel();
    await this.end(run, job, end);
  }

  private async end(run: WebHookRun, job: Job, end: RunEnd): Promise<void> {
    const { failure } = end;
    // The engine is not there: nothing was tried.
    if (failure && isEngineAway(failure)) throw failure;
    const runAt = this.nextAttempt(run, end);
    if (failure && runAt !== null) await this.retry.later(run, job, failure, runAt);
    else if (!end.isStored) await this.store(run, end);
    this.log.ended(run, end);
  }

  /** When its next attempt is; null: there is none. */
  private nextAttempt(run: WebHookRun, { failure, goesOnAt }: RunEnd): number | null {
    if (goesOnAt !== undefined) return goesOnAt;
    const { retry } = run.admitted.route.config.settings;
    return failure && goesOnAfter(failure, retry, run.attempt, this.clock.now());
  }

  private async store(run: WebHookRun, end: RunEnd): Promise<void> {
    // What was asked for wrongly has failed; what was tried often enough is dead.
    const isDead = end.isDead || (end.failure !== null && !isPermanent(end.failure));
    const rows = this.record.endRows(run, { ...end, isDead });
    reach('commit.before');
    await untilStored(() => this.record.store(run, rows));
    reach('outcome.committed');
  }
}
