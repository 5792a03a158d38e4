import type { ExpressionOutcome, StepVerdict } from '../../engines/expression/index.ts';
import { AppError } from '../../platform/errors.ts';
import { malformed } from './request-body.ts';

/** The body is JSON, but not what the configuration's schema asks for. */
export function bodyMismatch(reasons: string[]): AppError {
  return new AppError({ code: 'webhook.body-schema', kind: 'invalid', details: reasons });
}

/** An expression gave something that its field has no use for. */
export function wrongValue(message: string): AppError {
  return new AppError({ code: 'expression.wrong-value', kind: 'surprise', details: [message] });
}

/** How a program that did not get to its end is told to the caller. */
export function programFailure(outcome: Exclude<ExpressionOutcome, { kind: 'done' }>): AppError {
  if (outcome.kind === 'unparsable') return malformed('The body is not valid JSON');
  if (outcome.kind === 'limit') return limitFailure(outcome);
  return new AppError({
    code: 'expression.unavailable',
    kind: 'unavailable',
    details: [outcome.message],
    retryAfterSeconds: 2,
  });
}

/** How a step's verdict is told to the caller; null where it is a value. */
export function stepFailure(verdict: StepVerdict): AppError | null {
  switch (verdict.kind) {
    case 'value':
      return null;
    case 'mismatch':
      return bodyMismatch(verdict.reasons);
    case 'limit':
      return limitFailure(verdict);
    case 'failed':
      return new AppError({ code: 'expression.failed', kind: 'surprise', details: [verdict.message] });
  }
}

function limitFailure({ limit, message }: Extract<StepVerdict, { kind: 'limit' }>): AppError {
  return new AppError({ code: `expression.limit-${limit}`, kind: 'surprise', details: [message] });
}
