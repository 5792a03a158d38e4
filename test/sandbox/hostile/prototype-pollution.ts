import { ofKind } from './hostile-script.ts';

/** Writing to what all objects share. Each script reports what it finds before and after it tried. */
export const prototypePollution = ofKind('prototype pollution', [
  {
    name: 'a member put on Object.prototype is seen by nobody',
    source: `
      const before = {}.polluted ?? 'clean';
      try { Object.prototype.polluted = 'yes'; } catch {}
      try { Object.defineProperty(Object.prototype, 'polluted', { value: 'yes' }); } catch {}
      try { ({}).__proto__.polluted = 'yes'; } catch {}
      return [before, {}.polluted ?? 'clean'];`,
    calls: 5,
    expect: { returned: ['clean', 'clean'] },
  },
  {
    name: 'merging a body with __proto__ pollutes nothing',
    source: `
      const merge = (target, source) => { for (const key of Object.keys(source)) { if (typeof source[key] === 'object' && source[key] !== null) { target[key] ??= {}; merge(target[key], source[key]); } else { try { target[key] = source[key]; } catch {} } } return target; };
      merge({}, JSON.parse(context.body.text));
      return [{}.isAdmin ?? 'clean', [].isAdmin ?? 'clean', (() => {}).isAdmin ?? 'clean'];`,
    body: { text: '{"__proto__":{"isAdmin":true},"constructor":{"prototype":{"isAdmin":true}}}' },
    calls: 4,
    expect: { returned: ['clean', 'clean', 'clean'] },
  },
  {
    name: 'a __proto__ in the body is a field and no prototype',
    source: `return [context.body.isAdmin ?? 'clean', Object.hasOwn(context.body, '__proto__'), { ...context }.isAdmin ?? 'clean', Object.getPrototypeOf(context.body) === Object.prototype];`,
    bodyText: '{"__proto__":{"isAdmin":true}}',
    expect: { returned: ['clean', true, 'clean', true] },
  },
  {
    name: 'setters put on Array.prototype catch nothing of ours',
    source: `
      const caught = [];
      for (let index = 0; index < 4; index += 1) { try { Object.defineProperty(Array.prototype, index, { set(value) { caught.push(typeof value); }, get: () => 'trap', configurable: true }); } catch {} }
      try { Object.defineProperty(Object.prototype, 'status', { set(value) { caught.push('status'); } }); } catch {}
      console.log('a', 'b'); doCmd('NoSuchCommand', {}); new URL('http://a/?b=c').searchParams.get('b');
      return [caught.length, [][0] ?? 'clean'];`,
    calls: 4,
    expect: { returned: [0, 'clean'] },
  },
  {
    name: 'prototypes that only syntax leads to are shut as well',
    source: `
      const hidden = [async function () {}, function* () {}, async function* () {}, Object.getPrototypeOf((function* () {})()), Object.getPrototypeOf((async function* () {})()), [][Symbol.iterator](), new Map().entries(), ''.matchAll(/a/g), Iterator.from({ next() {} }).map((x) => x), new Intl.Segmenter().segment('a'), Object.getPrototypeOf(Uint8Array), new Proxy(() => {}, {}), Promise.resolve(), new Error('x')];
      const before = hidden.map((value) => Object.getPrototypeOf(value).mark ?? 'clean');
      for (const value of hidden) { try { Object.getPrototypeOf(value).mark = 'yes'; } catch {} try { Object.getPrototypeOf(Object.getPrototypeOf(value)).mark = 'yes'; } catch {} }
      return new Set(before).size === 1 && before[0] === 'clean' && hidden.every((value) => Object.getPrototypeOf(value).mark === undefined);`,
    calls: 5,
    expect: { returned: true },
  },
  {
    name: 'the prototype of a built-in cannot be exchanged',
    source: `
      const before = [Object.getPrototypeOf(Array.prototype) === Object.prototype, typeof Object.getPrototypeOf(Function.prototype).mark];
      for (const target of [Array.prototype, Function.prototype, Promise.prototype, globalThis, console, Error, Map.prototype]) { try { Object.setPrototypeOf(target, { mark: 'yes' }); } catch {} try { target.__proto__ = { mark: 'yes' }; } catch {} try { Reflect.setPrototypeOf(target, { mark: 1 }); } catch {} }
      return [...before, [].mark ?? 'clean', (() => {}).mark ?? 'clean', console.mark ?? 'clean'];`,
    calls: 4,
    expect: { returned: [true, 'undefined', 'clean', 'clean', 'clean'] },
  },
  {
    name: 'sloppy code pollutes no more than strict code',
    source: `
      const before = typeof globalThis.leaked + typeof {}.leaked;
      for (const text of ['leaked = 1', 'Object.prototype.leaked = 1', 'this.leaked = 1', 'var leaked = 1; this.leaked = leaked', 'function leaked() {} this.leaked = leaked']) { try { Function(text)(); } catch {} try { (0, eval)(text); } catch {} }
      return [before, typeof globalThis.leaked + typeof {}.leaked];`,
    calls: 5,
    expect: { returned: ['undefinedundefined', 'undefinedundefined'] },
  },
]);

/** Our own code inside the sandbox uses built-ins after the script could have exchanged them. */
export const exchangedBuiltIns = ofKind('exchanged built-ins', [
  {
    name: 'an exchanged JSON writes no result of its own',
    source: `
      for (const name of ['stringify', 'parse']) { try { JSON[name] = () => 'null}, "success": "forged", "x": {'; } catch {} }
      try { globalThis.JSON = { stringify: () => 'forged', parse: () => 'forged' }; } catch {}
      return { real: true };`,
    calls: 3,
    expect: { returned: { real: true } },
  },
  {
    name: 'an exchanged then of promises is not asked by us',
    source: `
      let asked = 0;
      try { Promise.prototype.then = function () { asked += 1; for (;;); }; } catch {}
      try { Object.defineProperty(Promise.prototype, 'constructor', { get() { asked += 1; for (;;); } }); } catch {}
      try { Object.defineProperty(Promise, Symbol.species, { value: class { constructor() { for (;;); } } }); } catch {}
      return asked;`,
    calls: 3,
    expect: { returned: 0 },
  },
  {
    name: 'exchanged iterators see nothing of our loops',
    source: `
      let stolen = 0;
      const steal = function () { stolen += 1; return { next: () => ({ done: true }) }; };
      for (const target of [Array.prototype, Map.prototype, String.prototype, Set.prototype]) { try { target[Symbol.iterator] = steal; } catch {} }
      try { Object.getPrototypeOf([][Symbol.iterator]()).next = () => { stolen += 1; return { done: true }; }; } catch {}
      console.log('a', new Map([[1, 2]])); new URLSearchParams('a=1&b=2').toString();
      respond({ headers: { a: ['b', 'c'] } });
      return stolen;`,
    calls: 3,
    expect: { returned: 0 },
  },
  {
    name: 'exchanged reflection is not what our formatter asks',
    source: `
      let asked = 0;
      for (const name of ['ownKeys', 'getOwnPropertyDescriptor', 'apply']) { try { Reflect[name] = () => { asked += 1; return []; }; } catch {} }
      try { Array.isArray = () => { asked += 1; return true; }; } catch {}
      try { Object.defineProperty(Error, Symbol.hasInstance, { value: () => { asked += 1; return true; } }); } catch {}
      console.log({ a: [1] });
      return asked;`,
    calls: 3,
    expect: { returned: 0 },
    logs: (lines) => lines.length === 1 && /1/.test(lines[0] ?? ''),
  },
  {
    name: 'an exchanged String or RegExp method lets no bad header through',
    source: `
      try { RegExp.prototype.test = () => false; } catch {}
      try { RegExp.prototype.exec = () => null; } catch {}
      try { String.prototype.charCodeAt = () => 65; } catch {}
      return respond({ status: 200, headers: { 'x-bad': 'a\\r\\nSet-Cookie: owned=1' } });`,
    expect: { threw: /header/ },
  },
  {
    name: 'exchanged members of console, doCmd, crypto and secrets are the real ones for the next run',
    source: `
      const before = [String(doCmd.call), typeof console.log, typeof crypto.hash, typeof secrets.get];
      const fake = () => 'fake';
      for (const [target, name] of [[console, 'log'], [crypto, 'hash'], [secrets, 'get'], [doCmd, 'call'], [globalThis, 'doCmd'], [globalThis, 'respond'], [globalThis, 'console'], [globalThis, 'crypto'], [URL.prototype, 'toString'], [TextEncoder.prototype, 'encode']]) { try { target[name] = fake; } catch {} try { Object.defineProperty(target, name, { value: fake }); } catch {} try { delete target[name]; } catch {} }
      return [crypto.hash('sha256', 'abc').slice(0, 4), String(new URL('http://a/')), new TextEncoder().encode('a').length, doCmd('NoSuchCommand').success, before.length];`,
    calls: 4,
    expect: { returned: ['ba78', 'http://a/', 1, false, 4] },
  },
  {
    name: 'an exchanged Date or Math is the real one for the next run',
    source: `
      const isReal = Date.now() > 1e12 && Math.max(1, 2) === 2 && new Date(0).getTime() === 0 && Math.random() < 1;
      try { Date.now = () => 0; } catch {} try { Math.max = () => 0; } catch {} try { Math.random = () => 7; } catch {} try { Date.prototype.getTime = () => 5; } catch {} try { globalThis.Date = class {}; } catch {}
      return [isReal, Date.now() > 1e12 && Math.max(1, 2) === 2 && new Date(0).getTime() === 0];`,
    calls: 4,
    expect: { returned: [true, true] },
  },
]);
