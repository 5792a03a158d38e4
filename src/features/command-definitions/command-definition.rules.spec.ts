import { describe, expect, it } from 'vitest';
import { inputSentence, queryOf, wholeSchema } from './command-definition.rules.ts';

describe('A reason of the engine', () => {
  it.each([
    ["body must have required property 'sku'", 'Sku is required'],
    ["body/items/0 must have required property 'price'", 'Items.0.price is required'],
    ['body must NOT have additional properties: "more"', 'Unknown field "more"'],
    ['body/a must NOT have unevaluated properties: "b"', 'Unknown field "a.b"'],
    ['body/items/0/price must be number', 'Items.0.price must be number'],
    ['body must NOT have fewer than 1 properties', 'The input must NOT have fewer than 1 properties'],
    ['something else', 'The input something else'],
  ])('"%s" becomes the sentence "%s"', (reason, sentence) => {
    expect(inputSentence(reason)).toBe(sentence);
  });
});

describe('The schema by which inputs are checked', () => {
  it.each([
    [{}, { additionalProperties: false }],
    [{ properties: { a: {} } }, { additionalProperties: false }],
    [{ allOf: [{}] }, { unevaluatedProperties: false }],
    [{ $ref: '#/$defs/a' }, { unevaluatedProperties: false }],
    [{ additionalProperties: true }, {}],
    [{ unevaluatedProperties: { type: 'string' } }, {}],
  ])('%j closes what it does not open: %j', (schema, closing) => {
    expect(wholeSchema(schema)).toEqual({
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      type: 'object',
      ...schema,
      ...closing,
    });
  });
});

it('A query repeats the names of lists, writes objects as JSON and leaves out null', () => {
  expect(queryOf({ a: 'x', b: [1, null, 'y'], c: { d: true }, e: null, f: false })).toEqual([
    ['a', 'x'],
    ['b', '1'],
    ['b', 'y'],
    ['c', '{"d":true}'],
    ['f', 'false'],
  ]);
});
