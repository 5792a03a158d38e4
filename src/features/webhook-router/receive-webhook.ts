import { Injectable } from '@nestjs/common';
import { type AppError, asAppError } from '../../platform/errors.ts';
import { reach } from '../../platform/fault-points.ts';
import { AcceptWebHook } from './accept-webhook.ts';
import type { WebHookReply } from './answer-in-time.ts';
import { AnswerWebHook } from './answer-webhook.ts';
import { FinishRun } from './finish-run.ts';
import { type AdmittedCall, metaOf } from './incoming-call.ts';
import type { RequestBody } from './request-body.ts';
import { VerifyWebHook } from './verify-webhook.ts';
import { failureAnswer, type WebHookAnswer } from './webhook-answer.ts';
import { tooManyCalls } from './webhook.errors.ts';
import { WebHookRun } from './webhook-run.ts';

/** The way of a call from its matched address to its answer, in the order of contract §5.1. */
@Injectable()
export class ReceiveWebHook {
  constructor(
    private readonly verification: VerifyWebHook,
    private readonly synchronous: AnswerWebHook,
    private readonly asynchronous: AcceptWebHook,
    private readonly finish: FinishRun,
  ) {}

  /** Refuses a call for what is wrong with it; the refusal stands whether or not it can be recorded. */
  async reject(admitted: AdmittedCall, error: AppError, body: Buffer): Promise<WebHookAnswer> {
    return await this.finish.reject(newRun(admitted, body), error);
  }

  /** Everything after the body has arrived; the reply is given out when what it says is on disk. Never rejects. */
  async receive(admitted: AdmittedCall, received: Buffer): Promise<WebHookReply> {
    const run = newRun(admitted, received);
    reach('run.started');
    try {
      const body = await this.admittedBody(run);
      const keys = { orderingKey: null, idempotencyKey: null };
      if (admitted.route.isAsync) return await this.asynchronous.accept(run, keys);
      return await this.synchronous.answer(run, body, keys.idempotencyKey);
    } catch (thrown) {
      return { answer: await this.refusal(run, asAppError(thrown)), executionId: run.id };
    }
  }

  /** The body of a call that may be run. @throws AppError for one that is refused. */
  private async admittedBody(run: WebHookRun): Promise<RequestBody> {
    const { route, receivedAt } = run.admitted;
    await this.verification.verify(run);
    const secondsToWait = route.secondsToWait(receivedAt);
    if (secondsToWait > 0) throw tooManyCalls(secondsToWait);
    return await this.verification.readBody(run);
  }

  private async refusal(run: WebHookRun, error: AppError): Promise<WebHookAnswer> {
    if (error.kind !== 'surprise' && error.kind !== 'unavailable')
      return await this.finish.reject(run, error);
    this.finish.fail(run, error);
    return failureAnswer(error);
  }
}

function newRun(admitted: AdmittedCall, body: Buffer): WebHookRun {
  const meta = metaOf(admitted);
  return new WebHookRun(admitted, meta, JSON.stringify(meta), body);
}
