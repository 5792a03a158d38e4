import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { validationSentences, withoutNulls } from './validation.rules.ts';

/** The sentences for an input, made as the dispatcher makes them. */
function sentences(
  schema: z.ZodType,
  input: unknown,
  refusedFields?: Readonly<Record<string, string>>,
): string[] {
  const parsed = schema.safeParse(input, { reportInput: true });
  return parsed.success ? [] : validationSentences(parsed.error, refusedFields);
}

const one = (schema: z.ZodType, value?: unknown) =>
  sentences(z.strictObject({ myField: schema }), value === undefined ? {} : { myField: value });

describe('A field that was sent as null', () => {
  it('counts as not sent, at the outermost level only', () => {
    expect(withoutNulls({ a: null, b: 0, c: '', d: false, e: { f: null }, g: [null] })).toStrictEqual({
      b: 0,
      c: '',
      d: false,
      e: { f: null },
      g: [null],
    });
  });

  it('does not change the input', () => {
    const input = Object.freeze({ a: null, b: 1 });
    withoutNulls(input);
    expect(input).toStrictEqual({ a: null, b: 1 });
  });

  it('may have any name: __proto__ stays a field and sets no prototype', () => {
    const input = JSON.parse('{"__proto__":{"isAdmin":true},"constructor":1}') as Record<string, unknown>;
    const kept = withoutNulls(input);
    expect(Object.keys(kept)).toStrictEqual(['__proto__', 'constructor']);
    expect(kept['isAdmin']).toBeUndefined();
    expect(Object.getPrototypeOf(kept)).toBe(Object.prototype);
  });
});

describe('A sentence', () => {
  it('begins with the name of the field with a capital', () => {
    expect(one(z.string())).toStrictEqual(['MyField is required']);
  });

  it.each([
    ['string', z.string()],
    ['number', z.number()],
    ['whole number', z.int()],
    ['boolean', z.boolean()],
    ['array', z.array(z.string())],
    ['object', z.strictObject({ a: z.string() })],
    ['record', z.record(z.string(), z.string())],
    ['enum', z.enum(['a', 'b'])],
    ['literal', z.literal([0, 1])],
    ['union', z.union([z.string(), z.number()])],
    ['ISO time', z.iso.datetime()],
  ])('says that a %s is required when it was not sent', (_what, schema) => {
    expect(one(schema)).toStrictEqual(['MyField is required']);
  });

  it.each([
    ['a string', z.string(), 5],
    ['a number', z.number(), '5'],
    ['a whole number', z.int(), 1.5],
    ['true or false', z.boolean(), 'true'],
    ['an array', z.array(z.string()), {}],
    ['an object', z.strictObject({ a: z.string() }), 'x'],
    ['an object', z.record(z.string(), z.string()), []],
    ['one of a, b', z.enum(['a', 'b']), 'c'],
    ['one of 0, 1', z.literal([0, 1]), 2],
    ['at most 3', z.number().max(3), 4],
    ['at least 3', z.number().min(3), 2],
    ['at most 3 characters long', z.string().max(3), 'abcd'],
    ['at least 3 characters long', z.string().min(3), 'ab'],
    ['at most 1 entries long', z.array(z.string()).max(1), ['a', 'b']],
  ])('says that the field must be %s', (what, schema, value) => {
    expect(one(schema, value)).toStrictEqual([`MyField must be ${what}`]);
  });

  it('counts an empty text as missing where one character is needed', () => {
    expect(one(z.string().min(1), '')).toStrictEqual(['MyField is required']);
  });

  it('takes the words that a schema has for itself', () => {
    expect(one(z.string().regex(/^a$/, 'must be the letter a'), 'b')).toStrictEqual([
      'MyField must be the letter a',
    ]);
  });

  it('names the place of a field within a field', () => {
    const schema = z.strictObject({ retry: z.strictObject({ maxAttempts: z.int() }) });
    expect(sentences(schema, { retry: { maxAttempts: 'x' } })).toStrictEqual([
      'Retry.maxAttempts must be a number',
    ]);
    expect(sentences(z.strictObject({ list: z.array(z.string()) }), { list: ['a', 1] })).toStrictEqual([
      'List.1 must be a string',
    ]);
  });

  it('says in plain words what a union takes', () => {
    const body = z.union([z.string(), z.record(z.string(), z.unknown()), z.array(z.unknown())]);
    expect(one(body, 5)).toStrictEqual(['MyField must be a string, an object or an array']);
  });

  it('says in plain words that a name within a field cannot be', () => {
    const [sentence, ...others] = one(z.record(z.string().min(1), z.string()), { '': 'x' });
    expect(others).toStrictEqual([]);
    expect(sentence).toMatch(/^MyField [a-z]/);
    expect(sentence).not.toContain('Invalid key in record');
  });

  it('comes once for each field, whatever is wrong with it', () => {
    expect(one(z.string().min(1).regex(/^a/, 'must begin with a'), '')).toStrictEqual([
      'MyField is required',
    ]);
    expect(one(z.string().min(1), [])).toStrictEqual(['MyField must be a string']);
    const two = z.strictObject({ a: z.string(), b: z.int().min(1) });
    expect(sentences(two, { b: 0 })).toStrictEqual(['A is required', 'B must be at least 1']);
  });
});

describe('An unknown field', () => {
  const schema = z.strictObject({ known: z.string().optional(), inner: z.strictObject({}).optional() });

  it('is named, each in a sentence of its own', () => {
    expect(sentences(schema, { a: 1, b: 2 })).toStrictEqual(['Unknown field "a"', 'Unknown field "b"']);
  });

  it('is named with its place when it is within another', () => {
    expect(sentences(schema, { inner: { deep: 1 } })).toStrictEqual(['Unknown field "inner.deep"']);
  });

  it('is named in at most a hundred characters', () => {
    expect(sentences(schema, { ['x'.repeat(5000)]: 1 })).toStrictEqual([
      `Unknown field "${'x'.repeat(100)}"`,
    ]);
  });

  it('gets the sentence that the command has for it', () => {
    const refused = { key: 'Key cannot be changed' };
    expect(sentences(schema, { key: 'x', other: 1 }, refused)).toStrictEqual([
      'Key cannot be changed',
      'Unknown field "other"',
    ]);
  });

  it.each(['constructor', 'toString', '__proto__'])('is unknown also when it is called %s', (name) => {
    const input = JSON.parse(`{"${name}":1}`) as unknown;
    expect(sentences(schema, input, { key: 'no' })).toStrictEqual([`Unknown field "${name}"`]);
  });
});

describe('Many fields that nobody knows', () => {
  it.each([1, 50, 51, 1_000])('%i are told of by 50 sentences at most, and by their number', (count) => {
    const inner = Object.fromEntries(Array.from({ length: count }, (_, at) => [`f${at}`, 0]));
    const told = sentences(z.strictObject({ inner: z.strictObject({}) }), { inner });
    expect(told.slice(0, 50)).toEqual(
      Object.keys(inner)
        .slice(0, 50)
        .map((name) => `Unknown field "inner.${name}"`),
    );
    expect(told.slice(50)).toEqual(count > 50 ? [`… and ${count - 50} more`] : []);
  });
});
