import { Injectable } from '@nestjs/common';
import { type AppError, asAppError } from '../../platform/errors.ts';
import { reach } from '../../platform/fault-points.ts';
import { currentTracer, type Tracer } from '../../platform/telemetry/tracing.ts';
import { AcceptWebHook } from './accept-webhook.ts';
import type { WebHookReply } from './answer-in-time.ts';
import { type Admission, AdmitWebHook } from './admit-webhook.ts';
import { AnswerWebHook } from './answer-webhook.ts';
import { FinishRun } from './finish-run.ts';
import { type AdmittedCall, metaOf } from './incoming-call.ts';
import { runSpan } from './run-span.ts';
import { failureAnswer, type WebHookAnswer } from './webhook-answer.ts';
import { WebHookRun } from './webhook-run.ts';

/** The way of a call from its matched address to its answer, in the order of contract §5.1. */
@Injectable()
export class ReceiveWebHook {
  constructor(
    private readonly admission: AdmitWebHook,
    private readonly synchronous: AnswerWebHook,
    private readonly asynchronous: AcceptWebHook,
    private readonly finish: FinishRun,
  ) {}

  /** Refuses a call for what is wrong with it; the refusal stands whether or not it can be recorded. */
  async reject(admitted: AdmittedCall, error: AppError, body: Buffer): Promise<WebHookAnswer> {
    return await this.finish.reject(newRun(admitted, body), error);
  }

  /** Everything after the body has arrived; the reply is given out when what it says is on disk. Never rejects. */
  receive(admitted: AdmittedCall, received: Buffer): Promise<WebHookReply> {
    const run = newRun(admitted, received);
    const tracer = currentTracer();
    return tracer ? this.traced(tracer, run) : this.reply(run);
  }

  private traced(tracer: Tracer, run: WebHookRun): Promise<WebHookReply> {
    return tracer.within(runSpan(run, 'server'), async (span) => {
      const reply = await this.reply(run);
      const { status } = reply.answer;
      span.note({ 'http.response.status_code': status });
      if (status > 499) span.fail(String(status));
      return reply;
    });
  }

  private reply(run: WebHookRun): Promise<WebHookReply> {
    reach('run.started');
    const refuse = (thrown: unknown) => this.refuse(run, thrown);
    try {
      const admission = this.admission.admit(run);
      const reply =
        admission instanceof Promise
          ? admission.then((admitted) => this.replyTo(run, admitted))
          : this.replyTo(run, admission);
      return reply.catch(refuse);
    } catch (thrown) {
      return refuse(thrown);
    }
  }

  private replyTo(run: WebHookRun, admission: Admission): Promise<WebHookReply> {
    if (!admission.isActive) return this.ignore(run);
    if (run.admitted.route.isAsync) return this.asynchronous.accept(run, admission);
    return this.synchronous.answer(run, admission.body, admission.idempotencyKey);
  }

  private async ignore(run: WebHookRun): Promise<WebHookReply> {
    return { answer: await this.finish.ignore(run), executionId: run.id };
  }

  private async refuse(run: WebHookRun, thrown: unknown): Promise<WebHookReply> {
    return { answer: await this.refusal(run, asAppError(thrown)), executionId: run.id };
  }

  private async refusal(run: WebHookRun, failure: AppError): Promise<WebHookAnswer> {
    const isOurs = failure.kind === 'surprise' || failure.code === 'database.unavailable';
    if (!isOurs) return await this.finish.reject(run, failure);
    this.finish.fail(run, failure);
    const answer = failureAnswer(failure);
    // Nothing of it is wrong: it has failed, if that can be recorded, and was not refused.
    return await this.finish.finish(run, { answer, failure }).catch(() => answer);
  }
}

function newRun(admitted: AdmittedCall, body: Buffer): WebHookRun {
  const meta = metaOf(admitted);
  return new WebHookRun(admitted, meta, JSON.stringify(meta), body);
}
