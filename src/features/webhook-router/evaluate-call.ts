import { Injectable } from '@nestjs/common';
import {
  type ExpressionOutcome,
  ExpressionPool,
  type ExpressionProgram,
} from '../../engines/expression/index.ts';
import { AppError, asAppError } from '../../platform/errors.ts';
import type { CallExpressions, Decision } from './call-expressions.ts';
import { programFailure, stepFailure } from './expression.errors.ts';
import { bodyJson, type RequestBody } from './request-body.ts';
import { responseOf } from './response.rules.ts';
import { failureAnswer, respondedAnswer, successAnswer } from './webhook-answer.ts';
import type { RunEnd, WebHookRun } from './webhook-run.ts';

/** Asks a configuration's expressions, in one round trip before the run and one after it. */
@Injectable()
export class EvaluateCall {
  constructor(private readonly pool: ExpressionPool) {}

  /** What they say before anything runs. @throws AppError 400 for a body that does not fit, 500 for a failure. */
  async decide(run: WebHookRun, body: RequestBody, expressions: CallExpressions): Promise<Decision> {
    if (expressions.before === null) return expressions.decision([]);
    const outcome = await this.pool.evaluate(expressions.before, partsOf(run, body));
    if (outcome.kind !== 'done') throw programFailure(outcome);
    return expressions.decision(outcome.verdicts);
  }

  /** With what a call runs in order; null: with nothing, or its expression fails. That fails the same way when it is run, and is on record then. */
  async orderingKey(run: WebHookRun, body: RequestBody): Promise<string | null> {
    const { expressions } = run.admitted.route;
    if (!expressions) return null;
    return await this.decide(run, body, expressions).then(
      (decision) => decision.orderingKey,
      () => null,
    );
  }

  /** The values of a program's steps over the call and what else it names. @throws AppError where one has none. */
  async values(
    run: WebHookRun,
    body: RequestBody,
    program: ExpressionProgram,
    further: readonly string[],
  ): Promise<unknown[]> {
    const parts = [...partsOf(run, body), ...further.map((json) => Buffer.from(json))];
    const outcome = await this.pool.evaluate(program, parts);
    if (outcome.kind !== 'done') throw programFailure(outcome);
    return outcome.verdicts.map((verdict) => {
      if (verdict.kind !== 'value') throw stepFailure(verdict)!;
      return verdict.value;
    });
  }

  /** The end of a run that gave this result; what goes wrong here goes wrong after its effects. */
  async respond(run: WebHookRun, body: RequestBody, resultJson: string): Promise<RunEnd> {
    const program = run.admitted.route.expressions?.response;
    if (!program) return { answer: successAnswer(resultJson), failure: null };
    try {
      const outcome = await this.pool.evaluate(program, [...partsOf(run, body), Buffer.from(resultJson)]);
      return { answer: respondedAnswer(responseOf(valueOf(outcome))), failure: null, resultJson };
    } catch (thrown) {
      const failure = afterEffects(asAppError(thrown));
      return { answer: failureAnswer(failure), failure };
    }
  }
}

function valueOf(outcome: ExpressionOutcome): unknown {
  if (outcome.kind !== 'done') throw programFailure(outcome);
  const verdict = outcome.verdicts[0]!;
  if (verdict.kind !== 'value') throw stepFailure(verdict)!;
  return verdict.value;
}

/** Nobody is to be asked to try again what has been done. */
function afterEffects(error: AppError): AppError {
  const { code, details, cause } = error;
  return new AppError({ code, details, cause, kind: 'surprise' });
}

function partsOf({ metaJson }: WebHookRun, body: RequestBody): Buffer[] {
  const request =
    body.kind === 'base64'
      ? `${metaJson.slice(0, -1)},"bodyBase64":"${body.bytes.toString('base64')}"}`
      : metaJson;
  return [Buffer.from(request), bodyJson(body)];
}
