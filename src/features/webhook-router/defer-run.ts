import { Injectable } from '@nestjs/common';
import { reach } from '../../platform/fault-points.ts';
import { type NewJob, Queue } from '../../platform/queue/index.ts';
import { RunRecord } from './run-record.ts';
import type { WebHookAnswer } from './webhook-answer.ts';
import { WebHookTickets } from './webhook-ticket.ts';
import type { WebHookRun } from './webhook-run.ts';

/** The jobs of the queue that run webhooks. */
export const RUN_WEBHOOK = 'webhook.run';

/** The job that goes on with a run. */
export function jobOf<Group extends string | null>(
  run: WebHookRun,
  group: Group,
  runAt: number,
): NewJob & { group: Group } {
  const { config } = run.admitted.route;
  return {
    id: run.id,
    kind: RUN_WEBHOOK,
    lane: `config ${config.id}`,
    group,
    runAt,
    data: JSON.stringify({ accountId: config.accountId } satisfies RunJobData),
  };
}

/** What a job needs to find its run. */
export interface RunJobData {
  accountId: string;
}

/** Hands a run over to the queue while it goes on: from then on a crash does not end it. */
@Injectable()
export class DeferRun {
  constructor(
    private readonly record: RunRecord,
    private readonly queue: Queue,
    private readonly tickets: WebHookTickets,
  ) {}

  /** The 202 with the ticket, once all that the run has done so far is on disk. @throws when it cannot be stored now. */
  async defer(run: WebHookRun): Promise<WebHookAnswer> {
    if (!run.job && run.isEnding) throw new Error('It is being put on record: its answer comes at once');
    await this.makeDurable(run);
    return this.tickets.accepted(run.ref);
  }

  /** From then on the queue goes on with the run after a crash. @throws when it cannot be stored now. */
  async makeDurable(run: WebHookRun): Promise<void> {
    if (run.job) return;
    // All who wait for it wait for one commit.
    run.deferring ??= this.store(run).finally(() => (run.deferring = null));
    await run.deferring;
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
      const rows = this.record.progressRows(
        run,
        progress,
        didRecord ? [] : [...run.calls, ...run.callsWithin],
      );
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
