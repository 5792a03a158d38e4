import { AppError } from '../../platform/errors.ts';

/** There is no definition of that id in the caller's account. */
export function definitionNotFound(): AppError {
  return new AppError({
    code: 'command-definition.not-found',
    kind: 'not-found',
    details: ['Command definition not found'],
  });
}

/** The name belongs to a command of the server, of a plugin, or to a definition of whatever account. */
export function nameTaken(): AppError {
  return new AppError({
    code: 'command-definition.name-taken',
    kind: 'conflict',
    details: ['A command with this name already exists'],
  });
}

export function tooManyDefinitions(max: number): AppError {
  return new AppError({
    code: 'command-definition.too-many',
    kind: 'conflict',
    details: [`There are ${max} command definitions already: delete one first`],
  });
}

/** It was saved by somebody else since it was read. */
export function definitionVersionConflict(current: number): AppError {
  return new AppError({
    code: 'command-definition.version-conflict',
    kind: 'conflict',
    details: [`The command definition has changed: its version is ${current}`],
  });
}

/** Configurations would run into nothing. */
export function definitionInUse(keys: readonly string[]): AppError {
  const named = keys.slice(0, 10).map((key) => `"${key}"`);
  const more = keys.length > named.length ? ` and ${keys.length - named.length} more` : '';
  return new AppError({
    code: 'command-definition.in-use',
    kind: 'conflict',
    details: [`The command is run by the configurations ${named.join(', ')}${more}`],
  });
}

/** Nobody may act for this definition any more, or who started it may not. */
export function actorDisabled(): AppError {
  return new AppError({
    code: 'command-definition.owner-disabled',
    kind: 'unavailable',
    details: ['The command runs for a caller that is disabled'],
    retryAfterSeconds: 60,
  });
}

/** A version that there is no more, or never was. */
export function versionGone(version: number): AppError {
  return new AppError({
    code: 'command-definition.version-gone',
    kind: 'surprise',
    details: [`The version ${version} with which this command began is gone`],
  });
}

/** A command gives a result; answers of HTTP are for webhooks. */
export function cannotRespond(): AppError {
  return new AppError({
    code: 'command-definition.responded',
    kind: 'surprise',
    details: ['The script of a command returns its result: respond is for webhooks'],
  });
}

export function answerTooLarge(bytesMax: number): AppError {
  return new AppError({
    code: 'command-definition.answer-too-large',
    kind: 'conflict',
    details: [`The answer has more than ${bytesMax} bytes`],
  });
}

/** The schema could not be applied: too slow, too large, or the engine is away. */
export function inputUnchecked(message: string, isAway: boolean): AppError {
  return new AppError({
    code: isAway ? 'expression.unavailable' : 'command-definition.schema-limit',
    kind: isAway ? 'unavailable' : 'invalid',
    details: [isAway ? message : `The input could not be checked: ${message}`],
    ...(isAway && { retryAfterSeconds: 2 }),
  });
}
