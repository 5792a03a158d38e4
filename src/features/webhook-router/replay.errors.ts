import { AppError } from '../../platform/errors.ts';
import type { RecordedExecution } from '../executions/index.ts';

/** Calls that were refused after they had been verified; all others were never proven to come from their sender. */
const verifiedRejections: readonly string[] = [
  'webhook.rate-exceeded',
  'webhook.body-schema',
  'webhook.owner-disabled',
];

/**
 * Why an execution cannot be repeated; null: it can. A body that somebody edited acts with his permissions too: unedited, it
 * would act with those of the configuration's owner alone.
 */
export function replayObjection(
  { head, payload }: RecordedExecution,
  isBodyEdited: boolean,
): AppError | null {
  if (head.finishedAt === null) return notReplayable('The execution has not ended yet: it goes on by itself');
  if (head.status === 'rejected' && !verifiedRejections.includes(head.code ?? ''))
    return notReplayable('The call was refused and never accepted: only its sender can repeat it');
  if (!payload.request) return notReplayable('The request of this execution has been erased');
  if (payload.terms?.isBodyEdited && !isBodyEdited)
    return notReplayable(
      'The body of this execution was edited: repeat the original, or send the body again',
    );
  return null;
}

function notReplayable(sentence: string): AppError {
  return new AppError({ code: 'execution.not-replayable', kind: 'conflict', details: [sentence] });
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
