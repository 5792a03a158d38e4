import { ofKind } from './hostile-script.ts';

const nested = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels);

/** Nesting, in the body, in the script and on the way out. */
export const deepJson = ofKind('deep JSON', [
  {
    name: 'a body of 100 000 brackets is refused before the script',
    source: `return 'ran';`,
    bodyText: nested(100_000),
    expect: { rejected: /deep|nest/i },
  },
  {
    name: 'a body of 400 000 nested objects is refused before the script',
    source: `return 'ran';`,
    bodyText: `${'{"a":'.repeat(150_000)}1${'}'.repeat(150_000)}`,
    expect: { rejected: /deep|nest/i },
  },
  {
    name: 'a result nested too deep is told as too large',
    source: `let deep = 1; for (let level = 0; level < 3000; level += 1) deep = [deep]; return deep;`,
    expect: { limit: 'result-size' },
  },
  {
    name: 'a result nested beyond the stack is an error or too large',
    source: `let deep = 1; for (let level = 0; level < 1e5; level += 1) deep = { deep }; return deep;`,
    expect: { oneOf: [{ threw: /call stack/ }, { limit: 'result-size' }] },
  },
  {
    name: 'an answer nested too deep is told as too large',
    source: `let deep = 1; for (let level = 0; level < 3000; level += 1) deep = [deep]; return respond({ status: 200, body: deep });`,
    expect: { limit: 'result-size' },
  },
  {
    name: 'parsing a million brackets in the script ends',
    source: `const text = '['.repeat(1e6) + ']'.repeat(1e6); try { JSON.parse(text); return 'parsed'; } catch { return 'parsed'; }`,
    expect: { oneOf: [{ returned: 'parsed' }, { limit: 'memory' }, { limit: 'running-time' }] },
  },
  {
    name: 'a reviver that nests for ever ends',
    source: `return JSON.parse('[1]', function reviver(key, value) { return key === '0' ? { inner: JSON.parse('[1]', reviver) } : value; });`,
    expect: { threw: /call stack/ },
  },
  {
    name: 'a log of a value nested beyond the stack ends',
    source: `let deep = 1; for (let level = 0; level < 1e6; level += 1) deep = [deep]; console.log(deep); return 'done';`,
    expect: { oneOf: [{ returned: 'done' }, { limit: 'memory' }] },
  },
]);
