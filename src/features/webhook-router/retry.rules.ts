import type { AppError, ErrorKind } from '../../platform/errors.ts';

/** How often and when a failed asynchronous run is tried again. */
export interface RetryPolicy {
  /** All tries, the first included. */
  maxAttempts: number;
  /** Before the second try; each further wait is `factor` times as long, up to `maxSeconds`. */
  initialSeconds: number;
  factor: number;
  maxSeconds: number;
}

export const defaultRetry: RetryPolicy = { maxAttempts: 5, initialSeconds: 5, factor: 3, maxSeconds: 3600 };

/** So that what failed together is not tried again together: ±20 %. */
const JITTER = 0.2;

const permanentKinds: readonly ErrorKind[] = [
  'invalid',
  'unauthenticated',
  'forbidden',
  'not-found',
  'conflict',
  'too-large',
  'unsupported-media',
];
const permanentCodes: readonly string[] = ['webhook.owner-not-permitted', 'script.diverged', 'loop.detected'];

/** True where trying again would fail again: what was asked for is wrong, and not the moment. */
export function isPermanent({ kind, code }: AppError): boolean {
  return permanentKinds.includes(kind) || permanentCodes.includes(code);
}

/** When the next try is due; null: there is none. @param random between 0 and 1. */
export function nextAttemptAt(
  policy: RetryPolicy = defaultRetry,
  attempt: number,
  nowMs: number,
  random: number = Math.random(),
): number | null {
  if (attempt >= policy.maxAttempts) return null;
  const seconds = Math.min(policy.initialSeconds * policy.factor ** (attempt - 1), policy.maxSeconds);
  return nowMs + Math.round(seconds * 1000 * (1 + JITTER * (2 * random - 1)));
}

/** True where nothing was tried: what runs scripts or evaluates expressions is not there, or has too much to do. */
export function isEngineAway({ code }: AppError): boolean {
  return code === 'script.unavailable' || code === 'expression.unavailable';
}

/** When a run that failed so is tried again; null: it is not. */
export function goesOnAfter(
  failure: AppError,
  policy: RetryPolicy | undefined,
  attempt: number,
  nowMs: number,
): number | null {
  return isPermanent(failure) ? null : nextAttemptAt(policy, attempt, nowMs);
}
