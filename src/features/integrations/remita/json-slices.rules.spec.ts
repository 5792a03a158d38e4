import { describe, expect, it } from 'vitest';
import { elementsOf, memberOf, trimmed } from './json-slices.rules.ts';
import { repeatableFractions } from '../../../../test/support/repeatable-random.ts';

const textsOf = (json: string) => elementsOf(Buffer.from(json)).map(String);
const member = (json: string, name: string) => memberOf(Buffer.from(json), name)?.toString() ?? null;

describe('The elements of an array', () => {
  it.each<[string, string[]]>([
    ['[]', []],
    ['[ \n\t\r ]', []],
    ['[1]', ['1']],
    [' [ 1 , 2 ] \n', ['1', '2']],
    ['[{"a":1},{"a":1}]', ['{"a":1}', '{"a":1}']],
    ['[\n  {"a" : 1 },\r\n\t{ "b":2}\n]', ['{"a" : 1 }', '{ "b":2}']],
    ['[[1,2],[3,[4,5]],{"a":[6,7]}]', ['[1,2]', '[3,[4,5]]', '{"a":[6,7]}']],
    ['["a,b","c]","}{"]', ['"a,b"', '"c]"', '"}{"']],
    [String.raw`["\"",",\"]","\\"]`, [String.raw`"\""`, String.raw`",\"]"`, String.raw`"\\"`]],
    [String.raw`["\\\"],[","\u005d"]`, [String.raw`"\\\"],["`, String.raw`"\u005d"`]],
    [String.raw`[{"a\"]":"\\"},{"\\":"]"}]`, [String.raw`{"a\"]":"\\"}`, String.raw`{"\\":"]"}`]],
    ['[" a ", "" ,null,true,-1.5e+3]', ['" a "', '""', 'null', 'true', '-1.5e+3']],
    ['["naïve, ₦5","日本,"]', ['"naïve, ₦5"', '"日本,"']],
    ['[{},[]]', ['{}', '[]']],
  ])('of %s are cut as they stand there', (json, elements) => {
    expect(textsOf(json)).toEqual(elements);
  });

  it.each(['{"a":[1,2]}', '"[1,2]"', '1', 'null', ''])('are none in %s', (json) => {
    expect(textsOf(json)).toEqual([]);
  });

  it('are the same values and the same bytes for a thousand arrays made by chance', () => {
    const chance = repeatableFractions(20_260_128);
    for (let round = 0; round < 1_000; round++) {
      const elements = Array.from({ length: Math.floor(chance() * 5) }, () => jsonText(chance, 3));
      const json = `${space(chance)}[${elements.map((text) => space(chance) + text + space(chance)).join(',')}]`;
      expect(textsOf(json)).toEqual(elements);
      expect(textsOf(json).map((text) => JSON.parse(text) as unknown)).toEqual(JSON.parse(json));
    }
  });
});

describe('A member of an object', () => {
  it.each<[string, string, string | null]>([
    ['{"a":1,"b":2}', 'b', '2'],
    ['{ "a" : [1, 2] , "b":2 }', 'a', '[1, 2]'],
    ['{"a":{"b":1}}', 'b', null],
    ['{"a":1,"a":2}', 'a', '2'],
    [String.raw`{"\u0061":{"x":":"}}`, 'a', '{"x":":"}'],
    [String.raw`{"a\":b":1,"a":"\":"}`, 'a', String.raw`"\":"`],
    [String.raw`{"a\":b":1,"a":2}`, 'a":b', '1'],
    ['{"":0}', '', '0'],
    ['{}', 'a', null],
    ['[{"a":1}]', 'a', null],
    ['"a"', 'a', null],
  ])('of %s is found by its name %s', (json, name, value) => {
    expect(member(json, name)).toBe(value);
  });

  it('is what JSON.parse has under that name, for a thousand objects made by chance', () => {
    const chance = repeatableFractions(7);
    for (let round = 0; round < 1_000; round++) {
      const members = Array.from({ length: Math.floor(chance() * 5) }, () =>
        [text(chance), space(chance), ':', space(chance), jsonText(chance, 2)].join(''),
      );
      const json = `{${members.map((one) => space(chance) + one + space(chance)).join(',')}}`;
      for (const [name, value] of Object.entries(JSON.parse(json) as object))
        expect(JSON.parse(member(json, name)!)).toEqual(value);
    }
  });
});

describe('White space around JSON', () => {
  it('is what JSON takes for white space, and nothing else', () => {
    expect(trimmed(Buffer.from(' \t\r\n{ }\n ')).toString()).toBe('{ }');
    expect(trimmed(Buffer.from('\u00a01')).toString()).toBe('\u00a01');
    expect(trimmed(Buffer.from(' ')).length).toBe(0);
  });
});

function space(chance: () => number): string {
  return ['', '', ' ', '\n  ', '\t', '\r\n'][Math.floor(chance() * 6)]!;
}

/** A JSON string full of what means something outside of strings. */
function text(chance: () => number): string {
  const parts = ['"', '\\', '[', ']', '{', '}', ',', ':', ' ', '\n', 'a', '₦', '\\"', '\u0000'];
  const length = Math.floor(chance() * 6);
  const value = Array.from({ length }, () => parts[Math.floor(chance() * parts.length)]!).join('');
  return JSON.stringify(value);
}

function jsonText(chance: () => number, depthMax: number): string {
  const kind = Math.floor(chance() * (depthMax > 0 ? 5 : 3));
  if (kind === 0) return text(chance);
  if (kind === 1) return String(Math.floor(chance() * 1_000) - 500);
  if (kind === 2) return ['true', 'false', 'null'][Math.floor(chance() * 3)]!;
  const parts = Array.from({ length: Math.floor(chance() * 4) }, (_, index) => {
    const value = jsonText(chance, depthMax - 1);
    const name = JSON.stringify(`${index}${JSON.parse(text(chance)) as string}`);
    return space(chance) + (kind === 3 ? value : `${name}${space(chance)}:${value}`) + space(chance);
  });
  return kind === 3 ? `[${parts.join(',')}]` : `{${parts.join(',')}}`;
}
