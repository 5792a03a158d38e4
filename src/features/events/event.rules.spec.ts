import { describe, expect, it } from 'vitest';
import { eventTypePattern, prefixOf, sortedJson, typeFilterPattern } from './event.rules.ts';

describe('An event type', () => {
  it.each(['a', 'order.paid', 'mono.events.account_updated', '0.1', 'a-b._c'])('may be %s', (type) => {
    expect(eventTypePattern.test(type)).toBe(true);
    expect(typeFilterPattern.test(type)).toBe(true);
    expect(prefixOf(type)).toBeNull();
  });

  it.each(['', '.a', 'a.', 'a..b', '-a', '_a', 'a b', 'a/b', 'ä', 'a\n', '*'])('may not be %j', (type) => {
    expect(eventTypePattern.test(type)).toBe(false);
    expect(typeFilterPattern.test(type)).toBe(false);
  });
});

describe('A filter of event types', () => {
  it('may end with a star in place of the last segments', () => {
    expect(typeFilterPattern.test('order.*')).toBe(true);
    expect(prefixOf('order.*')).toBe('order.');
    expect(eventTypePattern.test('order.*')).toBe(false);
  });

  it.each(['.*', 'order*', 'order.*.x', '*.paid', 'order.**'])('may not be %s', (filter) => {
    expect(typeFilterPattern.test(filter)).toBe(false);
  });
});

describe('Sorted JSON', () => {
  it('is the same for the same fields in another order, at any depth', () => {
    expect(sortedJson({ b: [1, { d: null, c: 'x' }], a: true })).toBe(
      '{"a":true,"b":[1,{"c":"x","d":null}]}',
    );
    expect(sortedJson({ a: true, b: [1, { c: 'x', d: null }] })).toBe(
      sortedJson({ b: [1, { d: null, c: 'x' }], a: true }),
    );
  });

  it('differs where values differ', () => {
    const values = [
      {},
      [],
      { a: 1 },
      { a: '1' },
      { a: [1] },
      [{ a: 1 }],
      { 'a":1,"b': 1 },
      { a: 1, b: 1 },
      null,
    ];
    expect(new Set(values.map(sortedJson)).size).toBe(values.length);
  });

  it('has a field for any name', () => {
    expect(sortedJson(JSON.parse('{"__proto__":{"a":1},"constructor":2}'))).toBe(
      '{"__proto__":{"a":1},"constructor":2}',
    );
  });
});
