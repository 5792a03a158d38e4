import { AppError } from '../platform/errors.ts';
import { nestsDeeperThan } from '../platform/json-guard.rules.ts';
import { parseJson } from '../platform/json-text.ts';

/** Nesting beyond this is refused (contract §3). */
export const INPUT_DEPTH_MAX = 64;
/** No command has a tenth of them. 80,000 unknown ones held up everybody else for half a second until each was looked at. */
export const INPUT_FIELDS_MAX = 1_000;

/** The fields in the JSON text of an object; null: it nests too deep to be read, or has too many. */
export function inputIn(inputJson: string): Record<string, unknown> | null {
  if (nestsDeeperThan(Buffer.from(inputJson), INPUT_DEPTH_MAX)) return null;
  const input = parseJson(inputJson) as Record<string, unknown>;
  return Object.keys(input).length > INPUT_FIELDS_MAX ? null : input;
}

/** What is told where `inputIn` gives nothing. */
export function inputTooLarge(): AppError {
  return new AppError({
    code: 'bus.validation-failed',
    kind: 'invalid',
    publicMessage: 'Validation failed',
    details: [
      `The data nests deeper than ${INPUT_DEPTH_MAX} levels, or has more than ${INPUT_FIELDS_MAX} fields`,
    ],
  });
}
