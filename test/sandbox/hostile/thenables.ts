import { REACH, ofKind } from './hostile-script.ts';

/** Objects with a `then` as results, as thrown values and on the way. */
export const thenables = ofKind('thenables', [
  {
    name: 'a then gets no function of the host',
    source: `${REACH}
      return { then(resolve, reject) { resolve(reach(() => resolve, () => reject, () => resolve.constructor, () => arguments)); } };`,
    expect: { returned: 'contained' },
  },
  {
    name: 'a then that never calls back does not hold its worker',
    source: `return { then() {} };`,
    expect: { threw: /never finished/ },
  },
  {
    name: 'a then that never ends is stopped',
    source: `return { then() { for (;;); } };`,
    expect: { limit: 'running-time' },
  },
  {
    name: 'thenables that resolve to thenables for ever are stopped',
    source: `const next = () => ({ then(resolve) { resolve(next()); } }); return next();`,
    expect: { limit: 'running-time' },
  },
  {
    name: 'a then that calls back twice, and throws, answers once',
    source: `return { then(resolve, reject) { resolve('first'); resolve('second'); reject(new Error('third')); throw new Error('fourth'); } };`,
    expect: { returned: 'first' },
  },
  {
    name: 'a getter of then that throws is the script’s own error',
    source: `return { get then() { throw new Error('no then for you'); } };`,
    expect: { threw: /^no then for you$/ },
  },
  {
    name: 'a getter of then that answers another each time runs in the sandbox',
    source: `${REACH}
      let reads = 0;
      return { get then() { reads += 1; return reads === 1 ? (resolve) => resolve({ reads, seen: reach(() => resolve) }) : () => { for (;;); }; } };`,
    expect: { returned: { reads: 1, seen: 'contained' } },
  },
  {
    name: 'a rejection with a thenable does not wait for it',
    source: `return Promise.reject({ then() { for (;;); }, message: 'thenable reason' });`,
    expect: { threw: /^thenable reason$/ },
  },
  {
    name: 'a promise that resolves to itself is the script’s own error',
    source: `const { promise, resolve } = Promise.withResolvers(); resolve(promise); return promise;`,
    expect: { threw: /[Cc]haining cycle/ },
  },
  {
    name: 'a then of a function as result runs in the sandbox',
    source: `${REACH}
      const odd = () => {}; odd.then = function (resolve) { resolve(reach(() => this, () => resolve)); }; return odd;`,
    expect: { returned: 'contained' },
  },
  {
    name: 'an async generator that returns a thenable re-enters nothing of ours',
    source: `${REACH}
      const log = [];
      const thenable = { get then() { log.push('get'); return (resolve) => { log.push('call'); resolve(reach(() => resolve)); }; } };
      const iterator = (async function* () { try { yield thenable; } finally { return thenable; } })();
      const first = iterator.next(); const second = iterator.return(thenable); const third = iterator.throw(1);
      const settled = await Promise.allSettled([first, second, third]);
      return settled.map(({ status, value }) => status + (value?.value ?? ''));`,
    expect: { returned: ['fulfilledcontained', 'fulfilledcontained', 'rejected'] },
  },
]);
