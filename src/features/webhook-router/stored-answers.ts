import { Injectable } from '@nestjs/common';
import { type ExecutionRef, type RecordedExecution, RecordedExecutions } from '../executions/index.ts';
import { jsonHeaders, notFoundAnswer, type WebHookAnswer } from './webhook-answer.ts';
import { WebHookTickets } from './webhook-ticket.ts';

/** Between two looks of somebody who waits for a result. */
const RETRY_AFTER_SECONDS = 1;

/** Answers that were given before, or are still to come. */
@Injectable()
export class StoredAnswers {
  constructor(
    private readonly executions: RecordedExecutions,
    private readonly tickets: WebHookTickets,
  ) {}

  /** The answer of a call whose result is to come. */
  accepted(ref: ExecutionRef): WebHookAnswer {
    return this.tickets.accepted(ref);
  }

  find(ref: ExecutionRef): Promise<RecordedExecution | null> {
    return this.executions.find(ref);
  }

  /** `GET /api/webhooks/results/{ticket}`: 202 while it runs, then the answer as it was, 404 for what there is not. */
  async ofTicket(ticket: string): Promise<WebHookAnswer> {
    const ref = this.tickets.open(ticket);
    const execution = ref && (await this.executions.find(ref));
    if (!execution) return notFoundAnswer;
    if (execution.head.finishedAt !== null) return storedAnswer(execution);
    const { status, headers, body } = this.accepted(ref);
    return { status, headers: { ...headers, 'retry-after': String(RETRY_AFTER_SECONDS) }, body };
  }
}

/** The answer of an execution that has ended, exactly as it was or would have been. */
export function storedAnswer({ head, payload }: RecordedExecution): WebHookAnswer {
  const status = head.answerStatus ?? 500;
  const exact = JSON.parse(payload.exactAnswer ?? 'null') as Omit<WebHookAnswer, 'status'> | null;
  if (exact) return { status, ...exact };
  // Its payload was purged, or a crash ended it before it had an answer.
  const isSuccess = status < 300;
  const body = {
    success: isSuccess,
    data: isSuccess ? { executionId: head.id, status: head.status } : null,
    message: isSuccess ? 'Webhook processed successfully' : 'Webhook processing failed',
    ...(!isSuccess && { errors: ['The run ended without an answer'], code: head.code ?? 'webhook.failed' }),
  };
  return { status, headers: jsonHeaders, body: payload.answerBody ?? JSON.stringify(body) };
}
