import { AppError } from '../errors.ts';

/** For whoever has changed nothing because the database is away. */
export function unavailable(cause: unknown): AppError {
  if (cause instanceof AppError) return cause;
  return new AppError({
    code: 'database.unavailable',
    kind: 'unavailable',
    publicMessage: 'The database is not available',
    details: ['Nothing was stored; try again'],
    retryAfterSeconds: 2,
    cause,
  });
}
