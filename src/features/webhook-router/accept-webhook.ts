import { Injectable } from '@nestjs/common';
import type { TableRow, Tx } from '../../platform/db/index.ts';
import { reach } from '../../platform/fault-points.ts';
import type { NewJob } from '../../platform/queue/index.ts';
import { AcceptedRuns } from './accepted-runs.ts';
import type { CallKeys } from './admit-webhook.ts';
import type { WebHookReply } from './answer-in-time.ts';
import { jobOf } from './defer-run.ts';
import { IdempotentCalls } from './idempotent-calls.ts';
import { RunRecord } from './run-record.ts';
import { WebHookTickets } from './webhook-ticket.ts';
import type { WebHookRun } from './webhook-run.ts';

const ACCEPTED = 202;

/** Accepts a call that is run later: answered as soon as it is on disk. */
@Injectable()
export class AcceptWebHook {
  constructor(
    private readonly record: RunRecord,
    private readonly idempotent: IdempotentCalls,
    private readonly accepted: AcceptedRuns,
    private readonly tickets: WebHookTickets,
  ) {}

  /** The 202, once the call and its job are stored. @throws when they cannot be. */
  async accept(run: WebHookRun, { orderingKey, idempotencyKey }: CallKeys): Promise<WebHookReply> {
    run.isDurable = true;
    run.recordsCalls = true;
    const job = jobOf(run, orderingKey, run.admitted.receivedAt);
    if (idempotencyKey !== null) {
      this.accepted.keep(run);
      const start = (first: WebHookRun) => Promise.resolve(this.reply(first));
      const reply = await this.idempotent.enter(run, idempotencyKey, { job, start }).ended;
      // A repeat is another's run, and what could not be stored is nobody's: neither has a job.
      if (reply.executionId !== run.id || reply.answer.status !== ACCEPTED) this.accepted.take(run.id);
      return reply;
    }
    await this.store(run, job);
    return this.reply(run);
  }

  /** Stores the call with its job and the rows that belong to it, all or nothing. @throws when they cannot be stored. */
  async store(run: WebHookRun, job: NewJob, rows: readonly TableRow[] = []): Promise<void> {
    this.accepted.keep(run);
    try {
      await this.record.accept(run, job, rows);
    } catch (cause) {
      this.accepted.take(run.id);
      throw cause;
    }
  }

  /** The same as a part of a transaction. */
  async storeIn(tx: Tx, run: WebHookRun, job: NewJob): Promise<void> {
    tx.afterCommit(() => this.accepted.keep(run));
    await this.record.acceptIn(tx, run, job);
  }

  private reply(run: WebHookRun): WebHookReply {
    reach('accepted.committed');
    return { answer: this.tickets.accepted(run.ref), executionId: run.id };
  }
}
