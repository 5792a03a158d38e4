import { ofKind } from './hostile-script.ts';

const LOG_CHARS_MAX = 64 * 1024;
/** Lines say of themselves when some were dropped. */
const NOTICE_CHARS = 200;

const areWithinLimit = (lines: string[]): boolean =>
  lines.join('').length <= LOG_CHARS_MAX + NOTICE_CHARS && lines.length <= LOG_CHARS_MAX;

/** Output that would fill the disk and the server. */
export const hugeLogs = ofKind('huge logs', [
  {
    name: 'long lines are cut at the limit',
    source: `for (let index = 0; index < 1000; index += 1) console.log('x'.repeat(1e5)); return 'done';`,
    expect: { returned: 'done' },
    logs: areWithinLimit,
  },
  {
    name: 'many lines are cut at the limit',
    source: `for (let index = 0; index < 3e5; index += 1) console.warn('line', index); return 'done';`,
    expect: { returned: 'done' },
    logs: areWithinLimit,
  },
  {
    name: 'empty lines are cut at the limit too',
    source: `for (let index = 0; index < 2e5; index += 1) console.log(''); return 'done';`,
    expect: { returned: 'done' },
    logs: areWithinLimit,
  },
  {
    name: 'empty lines without end are stopped and cut',
    source: `for (;;) console.log();`,
    expect: { limit: 'running-time' },
    logs: areWithinLimit,
  },
  {
    name: 'wide characters count as bytes',
    source: `for (let index = 0; index < 100; index += 1) console.error('€'.repeat(1e4)); return 'done';`,
    expect: { returned: 'done' },
    logs: (lines) => Buffer.byteLength(lines.join('')) <= LOG_CHARS_MAX + NOTICE_CHARS,
  },
  {
    name: 'values with endless insides are shown shortly',
    source: `
      const ring = { list: [] }; ring.list.push(ring, new Map([[ring, ring]]), new Set([ring]));
      console.log(ring, Array(1e6).fill('item'), new Map(Array.from({ length: 1e4 }, (_, index) => [index, index])), { get secret() { for (;;); } });
      return 'done';`,
    expect: { returned: 'done' },
    logs: areWithinLimit,
  },
  {
    name: 'a log line runs no toString, toJSON or inspect of the value',
    source: `
      let ran = 0; const note = () => { ran += 1; return 'x'; };
      console.log({ toString: note, toJSON: note, valueOf: note, [Symbol.toPrimitive]: note, [Symbol.for('nodejs.util.inspect.custom')]: note, inspect: note });
      return ran;`,
    expect: { returned: 0 },
    logs: areWithinLimit,
  },
  {
    name: 'terminal commands and forged lines stay one line’s text',
    source: `console.log('\\u001b[2J\\u001b]0;owned\\u0007\\n{"level":60,"msg":"forged"}'); return 'done';`,
    expect: { returned: 'done' },
    logs: (lines) => lines.length === 1,
  },
]);

/** Results beyond 1 MiB, or hard to write. */
export const hugeResults = ofKind('huge results', [
  {
    name: 'a text over the limit is refused',
    source: `return 'x'.repeat(2 ** 21);`,
    expect: { limit: 'result-size' },
  },
  {
    name: 'a text that is over the limit only in bytes is refused',
    source: `return '€'.repeat(500_000);`,
    expect: { limit: 'result-size' },
  },
  {
    name: 'a list over the limit is refused',
    source: `return Array(600_000).fill(0);`,
    expect: { limit: 'result-size' },
  },
  {
    name: 'a million keys are refused',
    source: `const wide = {}; for (let index = 0; index < 2e5; index += 1) wide['key' + index] = index; return wide;`,
    expect: { oneOf: [{ limit: 'result-size' }, { limit: 'memory' }, { limit: 'running-time' }] },
  },
  {
    name: 'escapes that multiply the size are counted',
    source: `return '\\u0000'.repeat(200_000);`,
    expect: { limit: 'result-size' },
  },
  {
    name: 'one object many times over is counted as often as it is written',
    source: `let twice = ['x']; for (let level = 0; level < 30; level += 1) twice = [twice, twice]; return twice;`,
    expect: {
      oneOf: [
        { limit: 'memory' },
        { limit: 'running-time' },
        { limit: 'result-size' },
        { threw: /string length/ },
      ],
    },
  },
  {
    name: 'an answer’s body over the limit is refused',
    source: `return respond({ status: 200, body: 'x'.repeat(2 ** 21) });`,
    expect: { limit: 'result-size' },
  },
  {
    name: 'a toJSON that gives giants for each key ends',
    source: `const giant = 'é'.repeat(2 ** 20); return Array.from({ length: 2000 }, (_, index) => ({ toJSON: () => giant + index }));`,
    expect: { oneOf: [{ limit: 'memory' }, { limit: 'running-time' }, { threw: /string length/ }] },
  },
]);
