import { ofKind } from './hostile-script.ts';

const clean = { returned: 'clean' };

/** What one run could leave for the next run of the same configuration. */
export const stateBetweenRuns = ofKind('hidden state between runs', [
  {
    name: 'a global variable does not outlive its run',
    source: `
      const before = globalThis.kept ?? (0, eval)('typeof keptLexically === "undefined" ? "clean" : "kept"');
      try { globalThis.kept = 'kept'; } catch {}
      for (const text of ['var keptLexically = 1', 'let keptLexically = 1', 'const keptLexically = 1', 'class keptLexically {}', 'function keptLexically() {}', 'keptLexically = 1']) { try { (0, eval)(text); } catch {} }
      return before;`,
    calls: 6,
    expect: clean,
  },
  {
    name: 'members put on shared objects do not outlive their run',
    source: `
      const shared = [console, console.log, crypto, crypto.hash, doCmd, respond, secrets, secrets.get, URL, URL.prototype, URLSearchParams, TextEncoder, TextDecoder, atob, JSON, Math, Reflect, Intl, Symbol, Date, RegExp];
      const before = shared.map((value) => value.kept ?? 'clean');
      for (const value of shared) { try { value.kept = 'kept'; } catch {} try { Object.defineProperty(value, 'kept', { value: 'kept' }); } catch {} }
      return before.every((one) => one === 'clean') ? 'clean' : 'kept';`,
    calls: 6,
    expect: clean,
  },
  {
    name: 'a member put on the functions behind the context’s own properties does not outlive its run',
    source: `
      const { get } = Object.getOwnPropertyDescriptor(context, 'rawBodyBase64');
      const before = get.kept ?? 'clean';
      try { get.kept = 'kept'; } catch {}
      try { Object.setPrototypeOf(get, { kept: 'kept' }); } catch {}
      return typeof get === 'function' ? before : 'no getter';`,
    calls: 6,
    expect: clean,
  },
  {
    name: 'private names stamped on shared objects cannot be read again',
    source: `
      class Identity { constructor(value) { return value; } }
      class Stamp extends Identity { #mark = 'kept'; static read(value) { return #mark in value ? value.#mark : 'clean'; } }
      const shared = [console, crypto, doCmd, globalThis, Object.prototype, Array];
      const before = shared.map((value) => Stamp.read(value));
      for (const value of shared) { try { new Stamp(value); } catch {} }
      return before.every((one) => one === 'clean') ? 'clean' : 'kept';`,
    calls: 6,
    expect: clean,
  },
  {
    name: 'a WeakMap keyed by a shared object does not outlive its run',
    source: `
      const hold = (strings) => strings;
      const site = hold\`a\${1}b\`;
      const registry = (site.registry ??= undefined) ?? Symbol.for('registry').registry ?? new WeakMap();
      const before = registry.get(console) ?? registry.get(site) ?? 'clean';
      registry.set(console, 'kept'); registry.set(site, 'kept');
      return before;`,
    calls: 6,
    expect: { oneOf: [clean, { threw: /object is not extensible|read only/ }] },
  },
  {
    name: 'a tagged template’s strings keep nothing',
    source: `
      const tag = (strings) => strings;
      const strings = tag\`text\`;
      const before = strings.kept ?? strings.raw.kept ?? 'clean';
      try { strings.kept = 'kept'; } catch {} try { strings.raw.kept = 'kept'; } catch {} try { Object.setPrototypeOf(strings, { kept: 'kept' }); } catch {}
      return before;`,
    calls: 6,
    expect: clean,
  },
  {
    name: 'the last match of a regular expression is not told',
    source: `
      const before = [RegExp.$1, RegExp.lastMatch, RegExp['$&'], RegExp.input, RegExp.leftContext].find((value) => value) ?? 'clean';
      /(secret \\w+)/.exec('the secret ' + 'kept');
      return before;`,
    calls: 6,
    expect: clean,
  },
  {
    name: 'a literal regular expression starts anew in each run',
    source: `const sticky = /a/g; const before = sticky.lastIndex; sticky.test('aaa'); return before === 0 ? 'clean' : 'kept';`,
    calls: 6,
    expect: clean,
  },
  {
    name: 'a promise of one run is not continued in the next',
    source: `
      const before = console.resolvers ?? 'clean';
      const { promise, resolve } = Promise.withResolvers();
      promise.then(() => console.log('from an earlier run'));
      try { console.resolvers = resolve; } catch {}
      (async () => { for (let turn = 0; turn < 50; turn += 1) await null; try { globalThis.later = 'kept'; } catch {} })();
      return globalThis.later ?? (typeof before === 'string' ? before : 'kept');`,
    calls: 6,
    expect: clean,
    logs: (lines) => lines.length === 0,
  },
  {
    name: 'symbols and strings registered for ever do not use up a later run’s memory',
    source: `
      for (let index = 0; index < 20_000; index += 1) Symbol.for(context.body.salt + ':' + Math.random() + ':' + index);
      return 'clean';`,
    body: { salt: 'salt' },
    calls: 36,
    expect: clean,
  },
  {
    name: 'a run that broke its isolate leaves the next one whole',
    source: `
      if (context.query.bomb === undefined) { try { (function down() { down(); })(); } catch {} }
      try { Object.freeze(context); delete context.body; } catch {}
      return typeof context.body === 'object' && context.method === 'POST' ? 'clean' : 'kept';`,
    calls: 6,
    expect: clean,
  },
  {
    name: 'the context of a run cannot be changed for what comes after',
    source: `
      const before = context.body.kept ?? context.headers.kept ?? context.kept ?? 'clean';
      for (const target of [context, context.body, context.headers, context.query, context.params, context.body.list]) { try { target.kept = 'kept'; } catch {} try { target.length = 0; } catch {} }
      return context.body.list.length === 2 && context.kept === undefined ? before : 'kept';`,
    body: { list: [1, 2] },
    calls: 4,
    expect: clean,
  },
  {
    name: 'a cached format, segmenter or collator of an earlier run is not there',
    source: `
      const before = Intl.DateTimeFormat.prototype.kept ?? Intl.Collator.kept ?? 'clean';
      try { Intl.DateTimeFormat.call(Intl.DateTimeFormat.prototype); } catch {}
      try { Intl.NumberFormat.call(Intl.NumberFormat.prototype); } catch {}
      for (const target of [Intl.DateTimeFormat.prototype, Intl.Collator]) { try { target.kept = 'kept'; } catch {} }
      const symbols = Object.getOwnPropertySymbols(Intl.DateTimeFormat.prototype).length + Object.getOwnPropertySymbols(Intl.NumberFormat.prototype).length;
      return symbols === 2 ? before : 'kept';`,
    calls: 4,
    expect: clean,
  },
  {
    name: 'the time zone is the same whatever the server’s is and cannot be set',
    source: `
      try { Intl.DateTimeFormat.prototype.resolvedOptions = () => ({ timeZone: 'Asia/Tokyo' }); } catch {}
      const { timeZone } = new Intl.DateTimeFormat().resolvedOptions();
      return new Date(0).getTimezoneOffset() === 0 && new Date(0).getHours() === 0 && timeZone === 'UTC' ? 'clean' : 'kept';`,
    calls: 2,
    expect: clean,
  },
]);

const markEverywhere = `
  for (const target of [globalThis, console, console.log, crypto, crypto.hash, doCmd, respond, secrets, URL, URL.prototype, URLSearchParams.prototype, TextEncoder.prototype, Object.prototype, Array.prototype, Function.prototype, Error, Promise, Math, JSON, Symbol.prototype]) {
    try { target.mark = 'seen'; } catch {}
    try { Object.defineProperty(target, 'mark', { value: 'seen' }); } catch {}
  }
  return 'clean';`;

/** What one configuration could leave for, or learn of, another. */
export const stateBetweenConfigs = ofKind('hidden state between configs', [
  {
    name: 'marks on shared objects are not seen by another configuration',
    source: markEverywhere,
    thenSource: `return [globalThis, console, console.log, crypto, crypto.hash, doCmd, respond, secrets, URL, URL.prototype, URLSearchParams.prototype, TextEncoder.prototype, {}, [], Error, Promise, Math, JSON, Symbol.iterator].map((value) => value.mark).find((mark) => mark) ?? 'clean';`,
    calls: 3,
    expect: clean,
  },
  {
    name: 'another configuration’s commands, logs and secrets functions are its own',
    source: `
      const steal = (...values) => { globalThis.stolen = values; return { success: true, stolen: true }; };
      for (const [target, name] of [[globalThis, 'doCmd'], [console, 'log'], [console, 'error'], [crypto, 'hmac'], [secrets, 'get'], [URL, 'canParse'], [globalThis, 'atob']]) { try { target[name] = steal; } catch {} try { Object.defineProperty(target, name, { value: steal, configurable: true }); } catch {} }
      return 'clean';`,
    thenSource: `console.log('private'); const { stolen } = doCmd('NoSuchCommand', {}); return (stolen ?? globalThis.stolen) === undefined && URL.canParse('http://a') === true ? 'clean' : 'kept';`,
    calls: 3,
    expect: clean,
  },
  {
    name: 'a registered symbol carries no value to another configuration',
    source: `const mark = Symbol.for('meeting'); for (const target of [console, Object.prototype, doCmd, crypto, URL]) { try { target[mark] = 'seen'; } catch {} } try { Object.defineProperty(Object.getPrototypeOf(mark), 'note', { value: 'seen' }); } catch {} return 'clean';`,
    thenSource: `const mark = Symbol.for('meeting'); return [console, {}, doCmd, crypto, URL].map((value) => value[mark]).find((value) => value) ?? mark.note ?? 'clean';`,
    calls: 3,
    expect: clean,
  },
  {
    name: 'the last match of one configuration is not told to another',
    source: `/(card) (\\d+)/.exec('card 4242424242424242'); 'token abc'.match(/token (.*)/); return 'clean';`,
    thenSource: `return [RegExp.$1, RegExp.$2, RegExp.input, RegExp.lastMatch].find((value) => value) ?? 'clean';`,
    calls: 3,
    expect: clean,
  },
  {
    name: 'a killed configuration leaves its neighbour’s worker whole',
    source: `if (context.body.canary) { try { Object.prototype.mark = 'seen'; } catch {} } return new Promise((resolve) => { try { console.resolve = resolve; } catch {} resolve('clean'); });`,
    thenSource: `try { console.resolve?.('stolen'); } catch {} return typeof console.resolve === 'undefined' ? 'clean' : 'kept';`,
    calls: 3,
    expect: clean,
  },
  {
    name: 'an iterator or a promise of one configuration is not reached from another',
    source: `
      const mine = (function* () { for (;;) yield 'private'; })();
      for (const target of [Iterator.prototype, Promise, Array, Map.prototype]) { try { target.mine = mine; } catch {} }
      try { Promise.prototype.then = function () { return 'private'; }; } catch {}
      return 'clean';`,
    thenSource: `return (Iterator.prototype.mine ?? Promise.mine ?? Array.mine ?? new Map().mine)?.next().value ?? (await Promise.resolve('clean'));`,
    calls: 3,
    expect: clean,
  },
]);
