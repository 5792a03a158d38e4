import { AppError, type ErrorKind } from '../../platform/errors.ts';
import type { ChainUndo } from './compensate-chain.ts';
import type { WebHookRun } from './webhook-run.ts';

/** What a job needs to go on with the compensation of a chain: texts and numbers, since it lies in the queue. */
export interface PendingUndo {
  /** How many calls the chain made before. */
  after: number;
  called: readonly string[];
  completed: readonly string[];
  failure: { code: string; kind: ErrorKind; details: string[] };
  isDead: boolean;
  /** The run's number when the chain stopped. */
  runAttempt: number;
  /** The job's number at its first try of this. */
  firstAttempt: number;
}

/** Describes what is left to undo. @param firstAttempt the number of the job that is to go on with it. */
export function pendingUndo(
  run: WebHookRun,
  { called, completed }: ChainUndo,
  { failure, isDead, firstAttempt }: { failure: AppError; isDead: boolean; firstAttempt: number },
): PendingUndo {
  const { code, kind, details } = failure;
  return {
    after: called.length,
    called,
    completed,
    failure: { code, kind, details },
    isDead,
    runAttempt: run.attempt,
    firstAttempt,
  };
}

/** The chain's own failure again. */
export function failureOf({ failure }: PendingUndo): AppError {
  return new AppError(failure);
}

/** Compensations were tried as often as may be: somebody has to look at it. */
export function compensationIncomplete(cause: AppError): AppError {
  return new AppError({
    code: 'chain.compensation-incomplete',
    kind: 'surprise',
    details: ['Not all completed steps could be undone', ...cause.details],
    cause,
  });
}
