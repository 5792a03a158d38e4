import type { z } from 'zod';

/** Fields a caller sent as null count as not sent: clients of typed languages send all of them. */
export function withoutNulls(input: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const kept: Record<string, unknown> = {};
  for (const name of Object.keys(input)) {
    if (input[name] === null) continue;
    if (name !== '__proto__') kept[name] = input[name];
    else Object.defineProperty(kept, name, { value: input[name], enumerable: true, configurable: true });
  }
  return kept;
}

/** Enough for a person; a hostile body has a hundred thousand. */
const SENTENCES_MAX = 50;

/** One sentence for each field: `Key is required`, `PageSize must be at most 100`. */
export function validationSentences(
  error: z.ZodError,
  refusedFields: Readonly<Record<string, string>> = {},
): string[] {
  const refused = new Map(Object.entries(refusedFields));
  const told = new Set<string>();
  const sentences: string[] = [];
  let untold = 0;
  for (const issue of error.issues) {
    const place = issue.path.join('.');
    // The first reason is enough: that an empty key is also no key of the right form helps nobody.
    if (issue.code !== 'unrecognized_keys' && told.has(place)) continue;
    told.add(place);
    if (issue.code === 'unrecognized_keys') untold += Math.max(0, issue.keys.length - SENTENCES_MAX);
    sentences.push(...sentencesOf(issue, refused));
  }
  const distinct = [...new Set(sentences)];
  const more = untold + Math.max(0, distinct.length - SENTENCES_MAX);
  return more === 0 ? distinct : [...distinct.slice(0, SENTENCES_MAX), `… and ${more} more`];
}

function sentencesOf(issue: z.core.$ZodIssue, refused: ReadonlyMap<string, string>): string[] {
  const field = fieldName(issue.code === 'invalid_key' ? issue.path.slice(0, -1) : issue.path);
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.slice(0, SENTENCES_MAX).map((key) => {
        const place = [...issue.path, key].join('.');
        return refused.get(place) ?? `Unknown field "${place.slice(0, 100)}"`;
      });
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
    case 'invalid_union':
      // Of alternatives that a field tells apart none fits: the schema says which there are.
      if (issue.errors.length === 0 && issue.input !== undefined) {
        return [`${fieldName(issue.path.slice(0, -1))} ${issue.message}`];
      }
      return [issue.input === undefined ? `${field} is required` : `${field} must be ${alternatives(issue)}`];
    case 'invalid_key':
      return [`${field} has a name that cannot be: "${String(issue.path.at(-1)).slice(0, 100)}"`];
    default:
      return [field ? `${field} ${issue.message}` : issue.message];
  }
}

/** `a string, an object or an array`. */
function alternatives(issue: z.core.$ZodIssueInvalidUnion): string {
  const kinds = issue.errors.flatMap(([first]) =>
    first?.code === 'invalid_type' ? [article(first.expected)] : [],
  );
  const last = kinds.pop();
  return kinds.length === 0 ? (last ?? 'of another form') : `${kinds.join(', ')} or ${last}`;
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
