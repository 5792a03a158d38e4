import { describe, expect, it } from 'vitest';
import { parseJson, withPlainNames } from './json-text.ts';

const texts = [
  '{"a":1}',
  String.raw`{"\u006bey":1,"caf\u00e9":{"\/x":[{"q\"uote":2,"back\\slash":3,"new\nline":4}]}}`,
  String.raw`["\"a\":","{\"b\\\":1}"]`,
  String.raw`{"":"\\","\\":"\"","\"":{"\u0000":null}}`,
  '{"__proto__":{"x":1},"\\u005f_proto__2":2}',
  '"\\u0041"',
  '{"a" : {"\\u0062"\n:\t1}}',
];

describe('Parsing JSON', () => {
  it.each(texts)('gives what the text says: %s', (text) => {
    // A fresh process has the right answer for each: written out by hand here.
    expect(JSON.stringify(parseJson(text))).toBe(JSON.stringify(JSON.parse(text)));
  });

  it('reads each name as it is written, whatever names were read before', () => {
    parseJson(String.raw`{"$type":"L","\\u0":1}`);
    expect(parseJson(String.raw`{"$type":"L","\u006bey":"x"}`)).toStrictEqual({ $type: 'L', key: 'x' });
    parseJson(String.raw`{"h":[],"\\":0}`);
    expect(Object.keys(parseJson(String.raw`{"h":1,"\"":2}`) as object)).toStrictEqual(['h', '"']);
  });

  it.each([
    '{"a":[12345678901234567890,1.50],"b":"1"}',
    String.raw`{"\u0061":[12345678901234567890,1.50],"b":"1"}`,
    String.raw`{"\"":[12345678901234567890,1.50],"b":"1"}`,
  ])('lets values be read in another way, with the text that they have there: %s', (text) => {
    const sources: string[] = [];
    parseJson(text, (_name: string, value: unknown, context?: { source?: string }) => {
      if (typeof value === 'number') sources.push(context!.source!);
      return typeof value === 'number' ? String(context!.source) : value;
    });
    expect(sources.slice(-2)).toEqual(['12345678901234567890', '1.50']);
    const read = parseJson(text, (_name, value) => (typeof value === 'number' ? 'a number' : value));
    expect(Object.values(read as object)).toEqual([['a number', 'a number'], '1']);
  });

  it.each(['{', '{"\\u00":1}', '{"a\\":1}', '{"\\x41":1}', ''])('refuses what is no JSON: %s', (text) => {
    expect(() => parseJson(text)).toThrow(SyntaxError);
  });
});

describe('Plain names', () => {
  it('leave values and everything else as they are', () => {
    const text = String.raw`{"\u006bey" : "\u006bey:", "b":["\"c\":1"], "d\"e":"\\"}`;
    expect(withPlainNames(Buffer.from(text)).toString()).toBe(
      String.raw`{"key" : "\u006bey:", "b":["\"c\":1"], "d\"e":"\\"}`,
    );
  });

  it('are no copy where nothing is written with escapes', () => {
    const bytes = Buffer.from('{"a":"b"}');
    expect(withPlainNames(bytes)).toBe(bytes);
  });
});
