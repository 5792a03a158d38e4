import { ofKind } from './hostile-script.ts';

const stopped = { limit: 'running-time' as const };

/** Work that V8's own timeouts do not see, because it is no longer the script's first turn. */
export const microtaskFloods = ofKind('microtask floods', [
  {
    name: 'a promise chain that feeds itself is stopped',
    source: `const again = () => Promise.resolve().then(again); return again();`,
    // Each promise waits for the next one: all are kept.
    expect: { oneOf: [stopped, { limit: 'memory' }] },
  },
  {
    name: 'a flood that goes on after the result is stopped',
    source: `const again = () => { Promise.resolve().then(again); }; again(); return 'done';`,
    expect: { oneOf: [stopped, { returned: 'done' }] },
  },
  {
    name: 'a loop inside a microtask is stopped',
    source: `await null; Promise.resolve().then(() => { for (;;); }); await new Promise(() => {});`,
    expect: stopped,
  },
  {
    name: 'a flood that widens is stopped',
    source: `const widen = () => { Promise.resolve().then(widen); Promise.resolve().then(widen); }; widen(); await new Promise(() => {});`,
    expect: { oneOf: [stopped, { limit: 'memory' }] },
  },
  {
    name: 'a loop in a finally of a promise is stopped',
    source: `return Promise.reject(1).catch(() => {}).finally(() => { for (;;); });`,
    expect: stopped,
  },
  {
    name: 'unhandled rejections bring nothing down',
    source: `for (let index = 0; index < 1000; index += 1) Promise.reject(new Error('lost ' + index)); return 'done';`,
    expect: { returned: 'done' },
  },
  {
    name: 'rejections that are handled late bring nothing down',
    source: `const late = Promise.reject(new Error('late')); await null; await null; late.catch(() => {}); (async () => { throw new Error('lost'); })(); return 'done';`,
    expect: { returned: 'done' },
  },
  {
    name: 'a flood of async functions is stopped',
    source: `const spin = async () => { await undefined; return spin(); }; return spin();`,
    expect: { oneOf: [stopped, { limit: 'memory' }] },
  },
]);

/** `for (;;) await`, which gives the turn back each time and never ends. */
export const endlessAwaits = ofKind('for(;;) await', [
  { name: 'awaiting nothing for ever is stopped', source: `for (;;) await 0;`, expect: stopped },
  {
    name: 'awaiting thenables for ever is stopped',
    source: `for (;;) await { then(resolve) { resolve(1); } };`,
    expect: stopped,
  },
  {
    name: 'an async iterator without end is stopped',
    source: `for await (const one of { [Symbol.asyncIterator]() { return { next: async () => ({ done: false, value: 1 }) }; } }) void one;`,
    expect: stopped,
  },
  {
    name: 'awaiting in a finally after an error for ever is stopped',
    source: `try { throw 1; } finally { for (;;) await Promise.resolve(); }`,
    expect: stopped,
  },
  {
    name: 'awaiting rejections for ever is stopped',
    source: `for (;;) { try { await Promise.reject(new Error('again')); } catch {} }`,
    expect: stopped,
  },
  {
    name: 'an async generator that yields to itself for ever is stopped',
    source: `const self = async function* () { for (;;) yield* [1, Promise.resolve(2)]; }; for await (const one of self()) void one;`,
    expect: stopped,
  },
  {
    name: 'Array.fromAsync of an endless source is stopped',
    source: `return (await Array.fromAsync((async function* () { for (;;) yield 1; })())).length;`,
    expect: { oneOf: [stopped, { limit: 'memory' }] },
  },
  {
    name: 'awaiting what cannot happen does not hold its worker',
    source: `await new Promise(() => {}); return 'never';`,
    expect: { threw: /never finished/ },
  },
]);
