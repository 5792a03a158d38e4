import { AppError } from '../../platform/errors.ts';

/** There is no execution of that id in the caller's account. */
export function executionNotFound(): AppError {
  return new AppError({
    code: 'execution.not-found',
    kind: 'not-found',
    publicMessage: 'Execution not found',
    details: ['No webhook execution found with the specified ID'],
  });
}
