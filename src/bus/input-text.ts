import { AppError } from '../platform/errors.ts';
import { nestsDeeperThan } from '../platform/json-guard.rules.ts';
import { parseJson } from '../platform/json-text.ts';

/** As at the command endpoint. */
const INPUT_DEPTH_MAX = 64;

/** The fields in the JSON text of an object; null: it nests too deep to be read. */
export function inputIn(inputJson: string): Record<string, unknown> | null {
  if (nestsDeeperThan(Buffer.from(inputJson), INPUT_DEPTH_MAX)) return null;
  return parseJson(inputJson) as Record<string, unknown>;
}

export function inputTooDeep(): AppError {
  return new AppError({
    code: 'bus.validation-failed',
    kind: 'invalid',
    publicMessage: 'Validation failed',
    details: [`The data nests deeper than ${INPUT_DEPTH_MAX} levels`],
  });
}
