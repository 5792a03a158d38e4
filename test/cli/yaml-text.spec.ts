import { parse } from 'yaml';
import { describe, expect, it } from 'vitest';
import { yamlText } from '../../cli/yaml-text.ts';

const pieces = [
  '\n',
  '\n\n',
  ' ',
  '  ',
  '\t',
  '\r',
  '\r\n',
  '\u0085',
  '\u001b',
  '\0',
  '\u2028',
  '\ufeff',
  '\ud800',
  '\u009b',
  '\u202e',
  'a',
  'yes',
  '0x1f',
  '1e3',
  'null',
  '~',
  '---',
  '...',
  '- ',
  ': ',
  ' #',
  '{',
  '}',
  '[',
  '"',
  "'",
  '\\',
  '|',
  '>',
  '&a',
  '*a',
  '!!str',
  '%',
  '@',
  '`',
  '<<',
  'é',
  '𝒳',
];

/** Park and Miller's generator: the same texts in each run. */
function* numbers(): Generator<number> {
  for (let seed = 42; ;) yield (seed = (seed * 48_271) % 2_147_483_647);
}

describe('A value as YAML', () => {
  it('reads back as the same value, through the bytes of a file, whatever stands in it', () => {
    const number = numbers();
    const next = (below: number) => number.next().value! % below;
    for (let round = 0; round < 3_000; round++) {
      const text = () => Array.from({ length: next(7) }, () => pieces[next(pieces.length)]).join('');
      const value = {
        key: text(),
        [text()]: [text(), { [text()]: text() }],
        __proto: text(),
        n: next(9) / 8,
        last: text(),
      };
      const yaml = yamlText(value);
      const file = Buffer.from(yaml, 'utf8').toString('utf8');
      expect(parse(file)).toEqual(value);
      // oxlint-disable-next-line no-control-regex
      expect(file).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u202e\ufeff\ufffd]/);
    }
  });

  it('has several lines as a block and everything else on one line', () => {
    const long = 'word '.repeat(100).trim();
    expect(yamlText({ script: 'a\n\n  b\n', long })).toBe(`script: |\n  a\n\n    b\nlong: ${long}\n`);
  });
});
