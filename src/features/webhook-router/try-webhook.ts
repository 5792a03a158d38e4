import { Injectable } from '@nestjs/common';
import { type OpenedRequest, stepsView } from '../executions/index.ts';
import { Clock } from '../../platform/clock.ts';
import { asAppError } from '../../platform/errors.ts';
import { parseJson } from '../../platform/json-text.ts';
import { maskedJson, withoutCredentials } from '../../platform/masking.rules.ts';
import type { Decision } from './call-expressions.ts';
import { EvaluateCall } from './evaluate-call.ts';
import { calledNow } from './incoming-call.ts';
import { RunWebHook } from './run-webhook.ts';
import { VerifyWebHook } from './verify-webhook.ts';
import { failureAnswer } from './webhook-answer.ts';
import type { WebHookRoute } from './webhook-route.ts';
import { ignoredEnd, type RunEnd, type Trial, WebHookRun } from './webhook-run.ts';

const undecided: Decision = { isActive: true, idempotencyKey: null, orderingKey: null };

/** Runs a call to see what would happen; nothing of it is recorded, and all that is told of it is masked as records are. */
@Injectable()
export class TryWebHook {
  constructor(
    private readonly verification: VerifyWebHook,
    private readonly evaluation: EvaluateCall,
    private readonly webhook: RunWebHook,
    private readonly clock: Clock,
  ) {}

  async try(route: WebHookRoute, request: OpenedRequest, trial: Trial) {
    const run = this.runOf(route, request);
    run.trial = trial;
    run.isOnRecord = true;
    const verification = await this.verdict(run);
    const { end, decision } = await this.end(run);
    const outcome = run.outcome(end);
    const { credentials } = run;
    const clean = (value: unknown) => JSON.parse(maskedJson(value, credentials)) as unknown;
    const cleanText = (text: string | null) => text && withoutCredentials(text, credentials);
    return {
      status: outcome.status,
      code: outcome.code,
      errors: clean(end.failure?.details ?? []),
      answer: { status: end.answer.status, headers: clean(end.answer.headers), body: outcome.answerBody },
      steps: stepsView(outcome.steps, null),
      logs: clean(run.allLogs),
      result: end.resultJson === undefined ? null : clean(parseJson(end.resultJson)),
      verification,
      input: clean(decision.input ?? null),
      idempotencyKey: cleanText(decision.idempotencyKey),
      orderingKey: cleanText(decision.orderingKey),
      durationMs: outcome.durationMs,
    };
  }

  private runOf(route: WebHookRoute, request: OpenedRequest): WebHookRun {
    const { meta, body, credentials } = request;
    const admitted = calledNow(request, { route, prefix: 'tst', receivedAt: this.clock.now() });
    const run = new WebHookRun(admitted, meta, JSON.stringify(meta), body);
    run.addCredentials(credentials);
    return run;
  }

  /** A sample need not be signed, and what was is too old by now: the verdict is told and stops nothing. */
  private async verdict(run: WebHookRun) {
    const { route, call } = run.admitted;
    if (!route.verifier) return null;
    const { isVerified, reason, presented } = await this.verification.judge(route, call, run.body);
    run.addCredentials([...presented, ...route.verifier.secrets]);
    return { isVerified, reason };
  }

  private async end(run: WebHookRun): Promise<{ end: RunEnd; decision: Decision }> {
    let decision = undecided;
    try {
      const { expressions } = run.admitted.route;
      const body = await this.verification.readBody(run);
      if (expressions) decision = await this.evaluation.decide(run, body, expressions);
      run.mapped = decision.input;
      return { end: decision.isActive ? await this.webhook.run(run, body) : ignoredEnd(run.id), decision };
    } catch (thrown) {
      const failure = asAppError(thrown);
      const isRejection = failure.kind !== 'surprise';
      return { end: { answer: failureAnswer(failure), failure, isRejection }, decision };
    }
  }
}
