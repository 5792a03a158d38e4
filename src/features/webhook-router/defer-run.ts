import { Injectable } from '@nestjs/common';
import { reach } from '../../platform/fault-points.ts';
import { type NewJob, Queue } from '../../platform/queue/index.ts';
import type { PendingUndo } from './pending-undo.ts';
import { RunRecord } from './run-record.ts';
import type { WebHookAnswer } from './webhook-answer.ts';
import { WebHookTickets } from './webhook-ticket.ts';
import type { WebHookRun } from './webhook-run.ts';

/** The jobs of the queue that run webhooks. */
export const RUN_WEBHOOK = 'webhook.run';

/** The job that goes on with a run. */
export function jobOf(run: WebHookRun, group: string | null, runAt: number): NewJob {
  const { config } = run.admitted.route;
  return {
    id: run.id,
    kind: RUN_WEBHOOK,
    lane: `config ${config.id}`,
    group,
    runAt,
    data: dataOf(run),
  };
}

/** What a job needs to find its run, and what it has to do of it. */
export interface RunJobData {
  accountId: string;
  /** Set where only its compensation is left to do. */
  undo?: PendingUndo;
}

export function dataOf(run: WebHookRun, undo?: PendingUndo): string {
  const { accountId } = run.admitted.route.config;
  return JSON.stringify({ accountId, ...(undo && { undo }) } satisfies RunJobData);
}

/** Answers a run that takes longer than its caller waits: from then on a crash does not end it. */
@Injectable()
export class DeferRun {
  constructor(
    private readonly record: RunRecord,
    private readonly queue: Queue,
    private readonly tickets: WebHookTickets,
  ) {}

  /** The 202 with the ticket, once all that the run has done so far is on disk. @throws when it cannot be stored now. */
  async defer(run: WebHookRun): Promise<WebHookAnswer> {
    if (!run.job) {
      if (run.isEnding) throw new Error('It is being put on record: its answer comes at once');
      // All who wait for the run wait for one commit.
      run.deferring ??= this.store(run).finally(() => (run.deferring = null));
      await run.deferring;
    }
    return this.tickets.accepted(run.ref);
  }

  private async store(run: WebHookRun): Promise<void> {
    const didRecord = run.recordsCalls;
    // From here on each call is recorded by itself; those so far are, with the rows below.
    run.recordsCalls = true;
    run.isDurable = true;
    const progress = {
      status: 'running',
      code: null,
      nextAttemptAt: null,
      attempts: run.attemptsJson,
    } as const;
    try {
      const rows = this.record.progressRows(run, progress, didRecord ? [] : run.calls);
      run.job = await this.queue.addBegun(jobOf(run, null, run.admitted.receivedAt), rows);
      run.isOnRecord = true;
    } catch (cause) {
      run.recordsCalls = didRecord;
      run.isDurable = false;
      throw cause;
    }
    reach('deferred.committed');
  }
}
