import { Injectable } from '@nestjs/common';
import { reach } from '../../platform/fault-points.ts';
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
    this.accepted.keep(run);
    if (idempotencyKey !== null) {
      const start = (first: WebHookRun) => Promise.resolve(this.reply(first));
      const reply = await this.idempotent.enter(run, idempotencyKey, { job, start }).ended;
      // A repeat is another's run, and what could not be stored is nobody's: neither has a job.
      if (reply.executionId !== run.id || reply.answer.status !== ACCEPTED) this.accepted.take(run.id);
      return reply;
    }
    try {
      await this.record.accept(run, job);
    } catch (cause) {
      this.accepted.take(run.id);
      throw cause;
    }
    return this.reply(run);
  }

  private reply(run: WebHookRun): WebHookReply {
    reach('accepted.committed');
    return { answer: this.tickets.accepted(run.ref), executionId: run.id };
  }
}
