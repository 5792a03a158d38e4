import { AppError } from '../../platform/errors.ts';

/** The caller's address is not in the configuration's list. */
export function addressRefused(): AppError {
  return new AppError({
    code: 'webhook.address-refused',
    kind: 'forbidden',
    details: ['Calls from this address are not accepted'],
  });
}

/** The call is not proven to come from its sender; why is told to those who may read the configuration. */
export function verificationFailed(): AppError {
  return new AppError({
    code: 'webhook.verification-failed',
    kind: 'unauthenticated',
    details: ['The call could not be verified'],
  });
}

export function verificationFailedTooOften(retryAfterSeconds: number): AppError {
  return new AppError({
    code: 'webhook.verification-throttled',
    kind: 'too-many',
    details: ['Too many calls from this address could not be verified; try again later'],
    retryAfterSeconds,
  });
}

/** More verified calls than the configuration takes. */
export function tooManyCalls(retryAfterSeconds: number): AppError {
  return new AppError({
    code: 'webhook.rate-exceeded',
    kind: 'too-many',
    details: ['More calls came than this webhook takes; try again later'],
    retryAfterSeconds,
  });
}

/** Nobody may act for this configuration any more. */
export function ownerDisabled(): AppError {
  return new AppError({
    code: 'webhook.owner-disabled',
    kind: 'unavailable',
    details: ['The configuration runs as a caller that is disabled'],
    retryAfterSeconds: 60,
  });
}

/** The configuration's own caller lacks a permission: no fault of who calls the webhook. */
export function ownerNotPermitted(details: string[], cause: unknown): AppError {
  return new AppError({ code: 'webhook.owner-not-permitted', kind: 'surprise', details, cause });
}

/** The execution of this idempotency key is gone, and with it what it had done: a repeat might do it again. */
export function executionErased(): AppError {
  return new AppError({
    code: 'idempotency.erased',
    kind: 'conflict',
    details: ['What the first call with this idempotency key did was erased, and it cannot be repeated'],
  });
}

/** A run that does something else than before cannot go on from what was done: the configuration or its data has changed. */
export function diverged(n: number): AppError {
  return new AppError({
    code: 'script.diverged',
    kind: 'surprise',
    details: [`Call ${n} differs from the one that is on record at its place`],
  });
}

/** Another process goes on with this run: what this one has done of it does not count. */
export function takenOver(): AppError {
  return new AppError({
    code: 'webhook.taken-over',
    kind: 'unavailable',
    details: ['Another process has taken this run over'],
    retryAfterSeconds: 5,
  });
}

/** It ran, and its outcome is not on disk yet: whoever repeats the call repeats the effect. */
export function outcomeUnrecorded(cause: unknown): AppError {
  return new AppError({
    code: 'webhook.outcome-unrecorded',
    kind: 'unavailable',
    details: [
      'The call was carried out, or still is, and its outcome cannot be recorded now: see its execution before you repeat it',
    ],
    retryAfterSeconds: 5,
    cause,
  });
}
