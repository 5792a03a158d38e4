import { ofKind } from './hostile-script.ts';

const stopped = { limit: 'running-time' as const };
const anEnd = { oneOf: [stopped, { limit: 'memory' as const }, { threw: /./ }] };

/** Loops that cannot be caught, and built-ins that work for ever on one call. */
export const endlessWork = ofKind('endless loops and endless built-ins', [
  { name: 'a plain loop is stopped', source: `for (;;);`, expect: stopped },
  {
    name: 'a loop cannot outlive its end in catch or finally',
    source: `const hold = () => { try { for (;;); } catch { hold(); } finally { hold(); for (;;); } }; hold(); return 'survived';`,
    expect: stopped,
  },
  {
    name: 'a sort whose comparator never ends is stopped',
    source: `return [3, 1, 2].sort(() => { for (;;); });`,
    expect: stopped,
  },
  {
    name: 'a number too large to write is stopped',
    source: `return (3n ** 6_000_000n).toString().length + (7n ** 5_000_000n).toString().length;`,
    expect: anEnd,
  },
  {
    name: 'powers of big integers are stopped',
    source: `let big = 3n; for (;;) big = big ** 3n;`,
    expect: anEnd,
  },
  {
    name: 'a built-in that walks 2**53 places is stopped',
    source: `return Array.prototype.indexOf.call({ length: 2 ** 53 - 1 }, 'x');`,
    expect: stopped,
  },
  {
    name: 'a built-in that joins nothing 2**31 times is stopped',
    source: `return Array.prototype.includes.call(new Proxy({}, { get: (t, key) => key === 'length' ? 2 ** 40 : 0 }), 1);`,
    expect: stopped,
  },
  {
    name: 'Intl objects without end are stopped',
    source: `const kept = []; for (let index = 0; ; index += 1) kept.push(new Intl.DateTimeFormat('en-u-ca-chinese', { dateStyle: 'full', timeZone: 'UTC' }), new Intl.NumberFormat('de', { style: 'unit', unit: 'liter' }));`,
    expect: { oneOf: [{ limit: 'memory' }, stopped] },
  },
  {
    name: 'comparing giant texts in a locale is stopped',
    source: `const left = 'ä'.repeat(2e6) + 'a'; const right = 'ä'.repeat(2e6) + 'b'; let sum = 0; for (;;) sum += left.localeCompare(right, 'de', { sensitivity: 'base' });`,
    expect: anEnd,
  },
  {
    name: 'formatting a giant list in a locale is stopped',
    source: `return Array(3e6).fill(1234567.891).toLocaleString('hi-IN').length;`,
    expect: anEnd,
  },
  {
    name: 'a generator that delegates to itself is stopped',
    source: `const self = function* () { yield* self(); }; try { for (const one of self()) void one; } catch {} for (const one of (function* () { for (;;) yield 1; })()) void one;`,
    expect: stopped,
  },
  {
    name: 'destructuring an endless iterator is stopped',
    source: `const [...rest] = { [Symbol.iterator]: () => ({ next: () => ({ done: false, value: undefined }) }) }; return rest.length;`,
    expect: { oneOf: [{ limit: 'memory' }, stopped, { threw: /array length/ }] },
  },
  {
    name: 'hashing giants again and again is stopped',
    source: `const text = 'x'.repeat(2 ** 22); let last = ''; for (;;) last = crypto.hash('sha512', text + last);`,
    expect: { oneOf: [stopped, { limit: 'memory' }] },
  },
  {
    name: 'addresses without end are stopped',
    source: `const host = 'ü.'.repeat(1e5) + 'com'; for (;;) { try { new URL('http://' + host + '/'); } catch {} URL.canParse(host, 'http://a/'); }`,
    expect: { oneOf: [stopped, { limit: 'memory' }] },
  },
]);
