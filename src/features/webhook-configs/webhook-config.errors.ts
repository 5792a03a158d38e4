import { AppError } from '../../platform/errors.ts';

/** There is no configuration of that id in the caller's account. */
export function configNotFound(): AppError {
  return new AppError({
    code: 'webhook-config.not-found',
    kind: 'not-found',
    details: ['Configuration not found'],
  });
}

/** The key, or the path with the action, belongs to another configuration. */
export function configConflict(reason: 'key' | 'address'): AppError {
  const what = reason === 'key' ? 'key' : 'path and action';
  return new AppError({
    code: reason === 'key' ? 'webhook-config.key-taken' : 'webhook-config.address-taken',
    kind: 'conflict',
    details: [`A webhook configuration with this ${what} already exists`],
  });
}

/** It was saved by somebody else since it was read. */
export function configVersionConflict(current: number): AppError {
  return new AppError({
    code: 'webhook-config.version-conflict',
    kind: 'conflict',
    details: [`The configuration has changed: its version is ${current}`],
  });
}

/** There is nothing to publish or to discard. */
export function draftNotFound(): AppError {
  return new AppError({
    code: 'webhook-config.draft-not-found',
    kind: 'not-found',
    details: ['The configuration has no draft'],
  });
}

/** Somebody saved another draft while this one was being checked. */
export function draftChanged(): AppError {
  return new AppError({
    code: 'webhook-config.draft-changed',
    kind: 'conflict',
    details: ['The draft was changed at the same moment: look at it and publish it again'],
  });
}

/** No save of this configuration has that number. */
export function versionNotFound(version: number): AppError {
  return new AppError({
    code: 'webhook-config.version-not-found',
    kind: 'not-found',
    details: [`The configuration has no version ${version}`],
  });
}

/** Activated while active, deactivated while inactive. */
export function configAlready(state: 'active' | 'inactive'): AppError {
  return new AppError({
    code: `webhook-config.already-${state}`,
    kind: 'conflict',
    details: [`Configuration is already ${state}`],
  });
}

/** What was sent does not make a configuration that could run. */
export function configInvalid(details: string[]): AppError {
  return new AppError({
    code: 'bus.validation-failed',
    kind: 'invalid',
    publicMessage: 'Validation failed',
    details,
  });
}
