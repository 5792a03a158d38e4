import type { z } from 'zod';

/** Fields a caller sent as null count as not sent: clients of typed languages send all of them. */
export function withoutNulls(input: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const kept: Record<string, unknown> = {};
  for (const name of Object.keys(input)) {
    if (input[name] !== null)
      Object.defineProperty(kept, name, {
        value: input[name],
        enumerable: true,
        writable: true,
        configurable: true,
      });
  }
  return kept;
}

/** One sentence for each field: `Key is required`, `PageSize must be at most 100`. */
export function validationSentences(
  error: z.ZodError,
  refusedFields: Readonly<Record<string, string>> = {},
): string[] {
  const refused = new Map(Object.entries(refusedFields));
  const sentences = error.issues.flatMap((issue) => sentencesOf(issue, refused));
  return [...new Set(sentences)];
}

function sentencesOf(issue: z.core.$ZodIssue, refused: ReadonlyMap<string, string>): string[] {
  const field = fieldName(issue.path);
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map(
        (key) =>
          refused.get([...issue.path, key].join('.')) ??
          `Unknown field "${[...issue.path, key].join('.').slice(0, 100)}"`,
      );
    case 'invalid_type':
      return [
        issue.input === undefined ? `${field} is required` : `${field} must be ${article(issue.expected)}`,
      ];
    case 'too_big':
      return [`${field} must be at most ${issue.maximum}${unit(issue.origin)}`];
    case 'too_small':
      return [
        issue.minimum === 1 && issue.origin === 'string'
          ? `${field} is required`
          : `${field} must be at least ${issue.minimum}${unit(issue.origin)}`,
      ];
    case 'invalid_value':
      return [
        issue.input === undefined
          ? `${field} is required`
          : `${field} must be one of ${issue.values.join(', ')}`,
      ];
    default:
      return [field ? `${field} ${issue.message}` : issue.message];
  }
}

/** `bodySchema.type` → `BodySchema.type`: the field's name with a capital, as the source documentation writes it. */
function fieldName(path: readonly PropertyKey[]): string {
  const name = path.map(String).join('.');
  return name.charAt(0).toUpperCase() + name.slice(1);
}

function article(expected: string): string {
  const words: Record<string, string> = {
    int: 'a whole number',
    boolean: 'true or false',
    record: 'an object',
    nonoptional: 'given',
  };
  return words[expected] ?? (/^[aeiou]/.test(expected) ? `an ${expected}` : `a ${expected}`);
}

function unit(origin: string): string {
  if (origin === 'string') return ' characters long';
  return origin === 'array' ? ' entries long' : '';
}
