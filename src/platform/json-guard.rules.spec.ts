import { describe, expect, it } from 'vitest';
import { nestsDeeperThan, repeatedNames } from './json-guard.rules.ts';
import { repeatableFractions } from '../../test/support/repeatable-random.ts';

/** Documents made for each property; a seed makes them the same in every run. */
const DOCUMENTS = 3_000;

/** Writes random JSON, with the liberties that JSON leaves: space anywhere, escapes, names that stand twice. */
class JsonWriter {
  constructor(private readonly random: () => number) {}

  private upTo(count: number): number {
    return Math.floor(this.random() * count);
  }

  private pick<T>(items: readonly T[]): T {
    return items[this.upTo(items.length)]!;
  }

  private space(): string {
    return this.pick(['', '', '', ' ', '\n', '\t\r\n  ']);
  }

  /** A JSON string for a text; some of its letters stand as escapes. */
  text(plain: string): string {
    let written = '"';
    for (let at = 0; at < plain.length; at++) {
      const letter = plain.charAt(at);
      written +=
        this.random() < 0.3
          ? `\\u${plain.charCodeAt(at).toString(16).padStart(4, '0')}`
          : JSON.stringify(letter).slice(1, -1);
    }
    return `${written}"`;
  }

  private plain(): string {
    const letters = ['a', 'b', '"', '\\', '{', '}', '[', ']', ':', ',', '\n', 'é', '😀', '$', '\u2028', '/'];
    return Array.from({ length: this.upTo(5) }, () => this.pick(letters)).join('');
  }

  value(depthLeft: number): string {
    const kind = depthLeft > 0 ? this.upTo(7) : this.upTo(5);
    if (kind === 0) return this.pick(['0', '-1.5e-7', '12345678901234567890', '1E5']);
    if (kind === 1) return this.pick(['true', 'false', 'null']);
    if (kind <= 4) return this.text(this.plain());
    if (kind === 5) return this.array(depthLeft);
    return this.object(
      Array.from({ length: this.upTo(4) }, () => this.plain()),
      depthLeft,
    );
  }

  private array(depthLeft: number): string {
    const items = Array.from({ length: this.upTo(4) }, () => this.padded(this.value(depthLeft - 1)));
    return `[${items.join(',') || this.space()}]`;
  }

  /** An object with exactly these names, in this order. */
  object(names: readonly string[], depthLeft: number): string {
    const members = names.map(
      (name) => `${this.padded(this.text(name))}:${this.padded(this.value(depthLeft - 1))}`,
    );
    return `{${members.join(',') || this.space()}}`;
  }

  padded(text: string): string {
    return `${this.space()}${text}${this.space()}`;
  }

  names(): string[] {
    const few = ['a', '$type', 'b', '', '__proto__', 'é', '😀', '"', '\\', '{"a":1,"a":2}', ','];
    return Array.from({ length: this.upTo(6) }, () => this.pick(few));
  }
}

function depthOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  return 1 + Object.values(value).reduce<number>((deepest, held) => Math.max(deepest, depthOf(held)), 0);
}

function repeated(names: readonly string[]): string[] {
  return [...new Set(names.filter((name, index) => names.indexOf(name) !== index))].sort();
}

const bytes = (text: string) => Buffer.from(text);

describe('Nesting', () => {
  it.each([
    ['5', 0],
    ['"[[[["', 0],
    ['{}', 1],
    ['[]', 1],
    ['[[],[],[]]', 2],
    ['{"a":{"b":[]}}', 3],
    ['{"[{":1}', 1],
    [String.raw`{"a":"\"[[[["}`, 1],
    [String.raw`{"a":"\\","b":[]}`, 2],
    [String.raw`{"a\\\"[":[]}`, 2],
  ])('of %s is %i levels', (text, levels) => {
    expect(nestsDeeperThan(bytes(text), levels)).toBe(false);
    if (levels > 0) expect(nestsDeeperThan(bytes(text), levels - 1)).toBe(true);
  });

  it('is what JSON.parse makes of any document', () => {
    const writer = new JsonWriter(repeatableFractions(1));
    for (let n = 0; n < DOCUMENTS; n++) {
      // Names that stand twice would hide a part from JSON.parse.
      const text = writer.padded(writer.value(5));
      if (repeatedAnywhere(text)) continue;
      const levels = depthOf(JSON.parse(text));
      expect([text, nestsDeeperThan(bytes(text), levels)]).toStrictEqual([text, false]);
      if (levels > 0) expect([text, nestsDeeperThan(bytes(text), levels - 1)]).toStrictEqual([text, true]);
    }
  });

  it('of ten million brackets is found at the first that is too deep', () => {
    expect(nestsDeeperThan(Buffer.alloc(10_000_000, '['), 64)).toBe(true);
  });

  it('is looked for in any bytes, JSON or not, without an error', () => {
    const random = repeatableFractions(2);
    const alphabet = '"\\{}[]:,a\u00e9 ';
    for (let n = 0; n < DOCUMENTS; n++) {
      const length = Math.floor(random() * 40);
      const text = Array.from({ length }, () => alphabet.charAt(Math.floor(random() * alphabet.length)));
      expect(nestsDeeperThan(bytes(text.join('')), 3)).toBeTypeOf('boolean');
    }
    expect(nestsDeeperThan(bytes('"never ends \\'), 3)).toBe(false);
  });
});

describe('Repeated names', () => {
  it.each([
    ['{"a":1,"b":2}', []],
    ['{"a":1,"a":2}', ['a']],
    ['{"a":1,"a":2,"a":3,"b":1,"b":1}', ['a', 'b']],
    [String.raw`{"$type":"A","\u0024type":"B"}`, ['$type']],
    [String.raw`{"$type":"A","\u0024\u0074ype":"B"}`, ['$type']],
    [String.raw`{"a/b":1,"a\/b":2}`, ['a/b']],
    [String.raw`{"\ud83d\ude00":1,"😀":2}`, ['😀']],
    ['{"é":1,"\\u00e9":2}', ['é']],
    ['{"e\u0301":1,"é":2}', []],
    ['{"a":1,"A":2}', []],
    ['{"":1,"":2}', ['']],
    ['{"__proto__":1,"__proto__":2}', ['__proto__']],
    ['{"a":"a","b":"a"}', []],
    ['{"a":["b","b"],"b":1}', []],
    ['{"a":{"b":1,"b":2},"b":1}', []],
    ['[{"a":1,"a":2}]', []],
    ['{"a":"{\\"a\\":1","b":",\\"a\\":"}', []],
    [' \n{ "a" : 1 ,\t"a" : 2 } ', ['a']],
    ['{}', []],
    ['"a"', []],
  ])('of %s are %o', (text, names) => {
    expect(repeatedNames(bytes(text))).toStrictEqual(names);
  });

  it('are those that any document was written with, at its outermost level only', () => {
    const writer = new JsonWriter(repeatableFractions(3));
    for (let n = 0; n < DOCUMENTS; n++) {
      const names = writer.names();
      const text = writer.padded(writer.object(names, 4));
      for (const name of names) expect(JSON.parse(writer.text(name))).toBe(name);
      expect([text, repeatedNames(bytes(text)).sort()]).toStrictEqual([text, repeated(names)]);
    }
  });

  it('are found in a megabyte of them without delay', () => {
    const names = Array.from({ length: 60_000 }, (_, n) => `"name-${n}":0`);
    const text = `{${names.join(',')},"name-0":1}`;
    const began = performance.now();
    expect(repeatedNames(bytes(text))).toStrictEqual(['name-0']);
    expect(performance.now() - began).toBeLessThan(2_000);
  });
});

/** True where some object of the document has a name twice: JSON.parse leaves fewer strings than were written. */
function repeatedAnywhere(text: string): boolean {
  const written = text.match(/"(?:[^"\\]|\\.)*"/g)?.length ?? 0;
  let kept = 0;
  const count = (value: unknown): void => {
    if (typeof value === 'string') kept++;
    if (typeof value !== 'object' || value === null) return;
    if (!Array.isArray(value)) kept += Object.keys(value).length;
    for (const held of Object.values(value)) count(held);
  };
  count(JSON.parse(text));
  return kept !== written;
}
