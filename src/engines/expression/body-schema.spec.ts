import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expressionPool, partsWith, programOf } from './expression.fixture.ts';

const pool = expressionPool();

beforeAll(() => pool.start());
afterAll(() => pool.stop(0));

async function verdict(schema: unknown, body: unknown) {
  const program = programOf([{ kind: 'schema', name: 'BodySchema', of: 'request.body', schema }], 'owner');
  const outcome = await pool.evaluate(program, partsWith(body));
  return outcome.kind === 'done' ? outcome.verdicts[0]! : outcome;
}

const order = {
  type: 'object',
  properties: { id: { type: 'string' }, items: { type: 'array', items: { type: 'number' } } },
  required: ['id'],
  additionalProperties: false,
};

describe('a body', () => {
  it.each([
    [order, { id: 'a' }],
    [order, { id: 'a', items: [1, 2] }],
    [{ $defs: { n: { type: 'integer' } }, prefixItems: [{ $ref: '#/$defs/n' }] }, [1, 'x']],
    [{ $id: 'https://example.com/a', type: 'null' }, null],
    [{ format: 'email' }, 'an annotation in 2020-12'],
    [{ dependentRequired: { a: ['b'] }, unevaluatedProperties: true }, { c: 1 }],
  ])('that matches %j passes: %j', async (schema, body) => {
    expect(await verdict(schema, body)).toEqual({ kind: 'value', value: true });
  });

  it.each([
    [order, {}, ["body must have required property 'id'"]],
    [order, { id: 1, x: 2 }, ['body must NOT have additional properties: "x"', 'body/id must be string']],
    [order, { id: 'a', items: ['b'] }, ['body/items/0 must be number']],
    [{ enum: ['a', 1] }, 2, ['body must be equal to one of the allowed values: "a",1']],
    [
      { required: ['constructor', 'toString'] },
      {},
      [expect.stringContaining('constructor'), expect.any(String)],
    ],
    [{ pattern: '^\\p{L}+$' }, '1', [expect.stringContaining('pattern')]],
    [false, 1, ['body boolean schema is false']],
  ])('that does not match %j is told why: %j', async (schema, body, reasons) => {
    expect(await verdict(schema, body)).toEqual({ kind: 'mismatch', reasons });
  });

  it('is told at most ten reasons, none of them long', async () => {
    const body = Object.fromEntries(Array.from({ length: 50 }, (_, n) => [`${n}`.repeat(300), 1]));
    const found = await verdict({ additionalProperties: false }, body);
    expect(found).toMatchObject({ kind: 'mismatch' });
    const { reasons } = found as { reasons: string[] };
    expect(reasons).toHaveLength(10);
    expect(Math.max(...reasons.map(({ length }) => length))).toBeLessThan(210);
  });

  it('of half a million faults is refused for the first, at no more than it costs to see it', async () => {
    const body = Array.from({ length: 500_000 }, () => 1);
    expect(await verdict({ items: { type: 'string' } }, body)).toEqual({
      kind: 'mismatch',
      reasons: ['body/0 must be string'],
    });
  });

  it('does not change the schema of another: the same $id means another one there', async () => {
    const $id = 'https://example.com/same';
    expect(await verdict({ $id, type: 'string' }, 'a')).toMatchObject({ value: true });
    expect(await verdict({ $id, type: 'number' }, 1)).toMatchObject({ value: true });
    expect(await verdict({ $ref: $id }, 1)).toMatchObject({ kind: 'failed' });
  });

  it.each([
    ['a regular expression', { pattern: '^(a+)+$' }, `${'a'.repeat(40)}!`],
    ['one over names', { patternProperties: { '^(a+)+$': true } }, { [`${'a'.repeat(40)}!`]: 1 }],
    [
      'a comparison of all with all',
      { uniqueItems: true },
      Array.from({ length: 20_000 }, (_, n) => ({ n })),
    ],
  ])('that takes too long is stopped: %s', async (_what, schema, body) => {
    expect(await verdict(schema, body)).toMatchObject({ kind: 'limit', limit: 'running-time' });
  });

  it('cannot make a schema call itself for ever', async () => {
    expect(await verdict({ $ref: '#' }, 1)).toMatchObject({ kind: 'limit', limit: 'depth' });
  });
});

describe('the check of a schema', () => {
  it.each([
    [order, null],
    [{}, null],
    [{ type: 'no-such' }, expect.stringContaining('data/type')],
    [{ pattern: '(' }, expect.stringContaining('Invalid regular expression')],
    [{ $ref: 'http://127.0.0.1/elsewhere' }, expect.stringContaining("can't resolve reference")],
    [{ $schema: 'http://json-schema.org/draft-07/schema#' }, expect.stringContaining('draft-07')],
    [{ $async: true }, '$async is not a keyword of JSON Schema'],
    [{ properties: JSON.parse('{"__proto__":{"type":"no-such"}}') }, expect.any(String)],
  ])('%j', async (schema, fault) => {
    expect(await pool.checkSchema(schema)).toEqual(fault);
  });

  it('runs nothing that stands in it', async () => {
    const code = '"];process.exit(7);["';
    const schema = { properties: { [code]: { const: code, enum: [code], pattern: 'a' } }, required: [code] };
    expect(await pool.checkSchema(schema)).toBe(null);
    expect(await verdict(schema, { [code]: 'b' })).toMatchObject({ kind: 'mismatch' });
  });
});
