import { AppError } from '../../platform/errors.ts';
import type { RecordedExecution } from '../executions/index.ts';

/** Calls that were refused after they had been verified; all others were never proven to come from their sender. */
const verifiedRejections: readonly string[] = [
  'webhook.rate-exceeded',
  'webhook.body-schema',
  'webhook.owner-disabled',
];

/** Why an execution cannot be repeated; null: it can. */
export function replayObjection({ head, payload }: RecordedExecution): AppError | null {
  if (head.finishedAt === null) return notReplayable('The execution has not ended yet: it goes on by itself');
  if (head.status === 'rejected' && !verifiedRejections.includes(head.code ?? ''))
    return notReplayable('The call was refused and never accepted: only its sender can repeat it');
  if (!payload.request) return notReplayable('The request of this execution has been erased');
  return null;
}

function notReplayable(sentence: string): AppError {
  return new AppError({ code: 'execution.not-replayable', kind: 'conflict', details: [sentence] });
}

/** There is no request to take from it. */
export function executionUnknown(): AppError {
  return new AppError({
    code: 'execution.not-found',
    kind: 'not-found',
    details: ['There is no recorded request of that execution'],
  });
}

/** There is nothing to run any more. */
export function configGone(): AppError {
  return new AppError({
    code: 'execution.config-gone',
    kind: 'conflict',
    details: ['The configuration of this execution has been deleted: send a config to run it with'],
  });
}

/** A field that needs more than its command does. */
export function permissionMissingFor(permission: string, field: string): AppError {
  return new AppError({
    code: 'access.permission-missing',
    kind: 'forbidden',
    publicMessage: 'Permission denied',
    details: [`The permission ${permission} is missing: ${field} needs it`],
  });
}

/** Fields that do not go together. */
export function fieldsInvalid(sentence: string): AppError {
  return new AppError({
    code: 'bus.validation-failed',
    kind: 'invalid',
    publicMessage: 'Validation failed',
    details: [sentence],
  });
}
