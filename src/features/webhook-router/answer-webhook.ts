import { Injectable } from '@nestjs/common';
import { AnswerInTime, type WebHookReply } from './answer-in-time.ts';
import { IdempotentCalls } from './idempotent-calls.ts';
import type { RequestBody } from './request-body.ts';
import { RunInTurn } from './run-in-turn.ts';
import type { WebHookRun } from './webhook-run.ts';

/** Answers a synchronous call: with its end, or in time with a ticket for it. */
@Injectable()
export class AnswerWebHook {
  constructor(
    private readonly runs: RunInTurn,
    private readonly idempotent: IdempotentCalls,
    private readonly inTime: AnswerInTime,
  ) {}

  /** Never rejects. */
  answer(run: WebHookRun, body: RequestBody, idempotencyKey: string | null): Promise<WebHookReply> {
    const { timeoutMs } = run.admitted.route;
    if (idempotencyKey === null)
      return this.inTime.answer({ run, ended: this.runs.run(run, body) }, timeoutMs);
    // A further attempt of one that failed is another run, with the request of the first.
    const start = (counted: WebHookRun) =>
      counted === run ? this.runs.run(run, body) : this.runs.runAgain(counted);
    return this.inTime.answer(this.idempotent.enter(run, idempotencyKey, { start }), timeoutMs);
  }
}
