import { ofKind } from './hostile-script.ts';

const stopped = { limit: 'running-time' as const };

/** Regular expressions that backtrack for longer than the universe lasts, and their compilation. */
export const regularExpressions = ofKind('catastrophic regular expressions', [
  {
    name: 'nested quantifiers are stopped',
    source: `return /^(a+)+$/.test('a'.repeat(60) + '!');`,
    expect: stopped,
  },
  {
    name: 'overlapping alternatives are stopped',
    source: `return /^(?:a|aa|a?a)*$/.test('a'.repeat(80) + 'b');`,
    expect: stopped,
  },
  {
    name: 'a backreference bomb is stopped',
    source: `return /^(.+?)(?:.*\\1)+(?:.*\\1)+(?:.*\\1)+(?:.*\\1)+z$/.test('ab'.repeat(2000));`,
    expect: stopped,
  },
  {
    name: 'a lookbehind bomb is stopped',
    source: `return /(?<=^(?:x+x+)+y)z/.test('x'.repeat(60) + 'z') || /(?<=(?:a+)+b)c/.test('a'.repeat(60) + 'c') || /(?<!^(a+)+)!/.test('b' + 'a'.repeat(60) + '!');`,
    expect: stopped,
  },
  {
    name: 'an expression from the request’s text is stopped',
    source: `return new RegExp(context.body.pattern).test(context.body.text);`,
    body: { pattern: '^([a-zA-Z0-9]+\\s?)*$', text: `${'aaaa '.repeat(20)}!` },
    expect: stopped,
  },
  {
    name: 'replaceAll with a slow expression and a callback is stopped',
    source: `return ('x'.repeat(50) + ' ').repeat(100).replaceAll(/(x+x+)+y/g, () => '').length;`,
    expect: stopped,
  },
  {
    name: 'an expression too large to compile is an error or an end',
    source: `return new RegExp('(?:'.repeat(5) + 'a{1000}' + '){1000}'.repeat(5)).test('a');`,
    expect: { oneOf: [{ threw: /./ }, { limit: 'memory' }, stopped, { returned: false }] },
  },
  {
    name: 'compiling new expressions for ever is stopped',
    source: `let found = 0; for (let index = 0; ; index += 1) if (new RegExp('(?:\\\\p{L}|[^' + index + ']|x' + index + '){1,' + (index % 90 + 1) + '}$', 'u').test('abc')) found += 1;`,
    expect: { oneOf: [stopped, { limit: 'memory' }] },
  },
  {
    name: 'an expression nested deeper than the stack is an error',
    source: `return new RegExp('('.repeat(1e6) + ')'.repeat(1e6)).test('');`,
    expect: { threw: /[Rr]egular expression/ },
  },
  {
    name: 'an exec that never answers null is stopped',
    source: `const odd = /x/g; Object.defineProperty(odd, 'exec', { value: () => ({ index: 0, 0: '', length: 1, groups: undefined }) }); return 'x'.replace(odd, 'y');`,
    expect: { oneOf: [stopped, { limit: 'memory' }] },
  },
]);
