import { describe, expect, it } from 'vitest';
import { nameIn, OBJECTS_MAX, readJson, sentObjects, withNamesOfToday } from './sent-objects.rules.ts';

const sent = (json: string) =>
  sentObjects(Buffer.from(json))?.map(({ fields, raw }) => [fields, raw.toString()]) ?? null;
const items = (count: number) => `[${Array.from({ length: count }, (_, at) => `{"a":${at}}`).join(',')}]`;

describe('What was sent', () => {
  it('is one object, or each object of an array, with its own bytes', () => {
    expect(sent(' {"a": 1} ')).toEqual([[{ a: 1 }, '{"a": 1}']]);
    expect(sent('[{"a":1}, {"b" :2}]')).toEqual([
      [{ a: 1 }, '{"a":1}'],
      [{ b: 2 }, '{"b" :2}'],
    ]);
  });

  it('may begin with the mark of its byte order', () => {
    expect(sent('\uFEFF[{"a":1}]')).toEqual([[{ a: 1 }, '{"a":1}']]);
  });

  it.each([
    '',
    ' ',
    '[]',
    '[[]]',
    '[{"a":1},5]',
    '[{},null]',
    '[[{}]]',
    '"a"',
    '5',
    'null',
    '{',
    '[{}',
    '{}{}',
  ])('is nothing where it is %s', (json) => expect(sent(json)).toBeNull());

  it('is nothing where it is more than one call reports', () => {
    expect(sent(items(OBJECTS_MAX))).toHaveLength(OBJECTS_MAX);
    expect(sent(items(OBJECTS_MAX + 1))).toBeNull();
  });
});

describe('A number', () => {
  it.each<[string, unknown]>([
    ['5000', 5000],
    ['5000.00', 5000],
    ['5000.5', 5000.5],
    ['-0.25', -0.25],
    ['1e3', 1000],
    ['9007199254740991', 9_007_199_254_740_991],
    ['9007199254740993', '9007199254740993'],
    ['-9007199254740993', '-9007199254740993'],
    ['123456789012345678901234567890', '123456789012345678901234567890'],
    ['9007199254740990.55', '9007199254740990.55'],
    ['0.1234567890123456789', '0.1234567890123456789'],
    ['1e400', '1e400'],
  ])('%s is read as %j: no digit is lost', (text, value) => {
    expect(readJson(`{"n":[${text}]}`)).toEqual({ n: [value] });
    expect(readJson(`{"\\u006e":[${text}]}`)).toEqual({ n: [value] });
  });

  it('in a text is a text', () => {
    expect(readJson('{"n":"5000"}')).toEqual({ n: '5000' });
  });
});

describe('A name', () => {
  it.each<[unknown, string | null]>([
    ['290007762010', '290007762010'],
    [' STR-15/a_b.c ', 'STR-15/a_b.c'],
    [77, '77'],
    ['a b', null],
    ['ä', null],
    ['', null],
    [null, null],
    [true, null],
    [['a'], null],
    ['a'.repeat(100), 'a'.repeat(100)],
    ['a'.repeat(101), null],
    ['a'.repeat(1_000), null],
  ])('in %j is %j', (value, name) => {
    expect(nameIn(value)).toBe(name);
  });
});

describe('An older name', () => {
  const older = { channel: 'channnel' };

  it('is given its name of today, and stays', () => {
    expect(withNamesOfToday({ channnel: 'WEB', a: 1 }, older)).toEqual({
      channnel: 'WEB',
      channel: 'WEB',
      a: 1,
    });
    expect(withNamesOfToday({ channnel: 'WEB', channel: null }, older)).toMatchObject({ channel: 'WEB' });
  });

  it('takes the place of nothing', () => {
    expect(withNamesOfToday({ channnel: 'A', channel: 'B' }, older)).toEqual({ channnel: 'A', channel: 'B' });
    expect(withNamesOfToday({ a: 1 }, older)).toEqual({ a: 1 });
  });
});
