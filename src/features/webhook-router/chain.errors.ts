import { AppError } from '../../platform/errors.ts';

/** A chain may not go on for as long as it likes. @param totalMs how long it may. */
export function chainTooLong(totalMs: number): AppError {
  return new AppError({
    code: 'chain.limit-total-time',
    kind: 'timed-out',
    details: [`The chain took longer than ${totalMs / 1000} s in all`],
  });
}

/** What undoes a step did not succeed this time. */
export function compensationFailed(name: string, { code, kind, details }: AppError): AppError {
  return new AppError({ code, kind, details: [`The compensation of "${name}" failed`, ...details] });
}

/** What undoes a step did not succeed at all: the chain is neither done nor undone. */
export function compensationIncomplete(name: string, cause: AppError, stopped: AppError): AppError {
  return new AppError({
    code: 'chain.compensation-incomplete',
    kind: 'surprise',
    details: [
      `The compensation of "${name}" failed in every attempt: ${cause.details.join('; ')}`,
      `The chain had stopped: ${stopped.details.join('; ')}`,
    ],
    cause,
  });
}
