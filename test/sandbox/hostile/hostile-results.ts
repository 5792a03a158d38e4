import { REACH, ofKind } from './hostile-script.ts';

/** Getters and proxies as results: our serialiser touches them, inside the sandbox and within its limits. */
export const hostileResults = ofKind('getters and proxies as results', [
  {
    name: 'a getter that never ends is stopped',
    source: `return { get value() { for (;;); } };`,
    expect: { limit: 'running-time' },
  },
  {
    name: 'a toJSON that never ends is stopped',
    source: `return { toJSON() { let count = 0; for (;;) count += 1; } };`,
    expect: { limit: 'running-time' },
  },
  {
    name: 'a getter that throws is the script’s own error',
    source: `return { get value() { throw new Error('getter says no'); } };`,
    expect: { threw: /^getter says no$/ },
  },
  {
    name: 'proxy traps get nothing of the host as receiver or arguments',
    source: `${REACH}
      let seen = 'contained';
      let isLooking = false;
      const look = (...found) => { if (isLooking) return; isLooking = true; const one = reach(...found.map((value) => () => value)); isLooking = false; if (one !== 'contained') seen = one; };
      const handler = new Proxy({}, { get: (target, trap) => (...values) => { look(...values); return Reflect[trap](...values); } });
      const spied = new Proxy({ a: 1 }, handler);
      JSON.stringify(spied);
      return new Proxy({ get seen() { return seen; } }, handler);`,
    expect: { returned: { seen: 'contained' } },
  },
  {
    name: 'toJSON is called with nothing of the host',
    source: `${REACH}
      return { toJSON(key) { return reach(() => key, () => this, () => arguments, () => toJSON?.caller); } };`,
    expect: { returned: 'contained' },
  },
  {
    name: 'a proxy with endless keys is stopped',
    source: `
      const keys = Array.from({ length: 2e5 }, (_, index) => 'k' + index);
      const make = () => new Proxy({}, { ownKeys: () => keys, getOwnPropertyDescriptor: () => ({ enumerable: true, configurable: true, value: 1 }), get: (t, key) => key === 'toJSON' || key === 'then' ? undefined : make() });
      return make();`,
    expect: { oneOf: [{ limit: 'running-time' }, { limit: 'memory' }, { threw: /call stack/ }] },
  },
  {
    name: 'a revoked proxy is the script’s own error',
    source: `const { proxy, revoke } = Proxy.revocable({}, {}); return new Promise((resolve) => { resolve([proxy]); revoke(); });`,
    expect: { threw: /proxy that has been revoked/ },
  },
  {
    name: 'a proxied array with a lying length is stopped',
    source: `return new Proxy([], { get: (target, key) => key === 'length' ? 2 ** 32 : key === 'toJSON' || key === 'then' ? undefined : 'x' });`,
    expect: { oneOf: [{ limit: 'running-time' }, { limit: 'memory' }, { threw: /string length/ }] },
  },
  {
    name: 'a proxy around a proxy around a proxy does not bring the process down',
    source: `let deep = {}; for (let level = 0; level < 1e5; level += 1) deep = new Proxy(deep, {}); return [deep];`,
    expect: { oneOf: [{ threw: /call stack/ }, { returned: [{}] }] },
  },
  {
    name: 'a result that changes while it is read answers once and for all',
    source: `
      let reads = 0;
      const list = new Proxy([1, 2, 3], { get: (target, key) => key === 'length' ? (reads += 1) * 3 : Reflect.get(target, key) });
      return { list };`,
    expect: { returned: { list: [1, 2, 3] } },
  },
  {
    name: 'a circular result is the script’s own error without a stack',
    source: `const ring = {}; ring.ring = ring; return ring;`,
    expect: { threw: /^Converting circular structure to JSON/ },
  },
  {
    name: 'values without JSON do not reach the host as something else',
    source: `return [() => {}, Symbol('s'), undefined, NaN, -0, new Map([[1, 2]]), Object(1n) instanceof BigInt, JSON.rawJSON('1e3')];`,
    expect: { returned: [null, null, null, null, 0, {}, true, 1000] },
  },
]);
