import { AppError } from '../../platform/errors.ts';

/** Unknown, or another account's. */
export function notificationNotFound(): AppError {
  return new AppError({
    code: 'integration.not-found',
    kind: 'not-found',
    details: ['Notification not found'],
  });
}

/** It has had its effect, or nobody can be asked about it. */
export function notificationNotVerifiable(detail: string): AppError {
  return new AppError({ code: 'integration.not-verifiable', kind: 'conflict', details: [detail] });
}
