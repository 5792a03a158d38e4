import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ScriptPool } from './index.ts';
import { scriptRequest } from './script.fixture.ts';

/** Walks everything a script can name or make, and lists what is not frozen. */
const WALK = `
  const samples = { global: globalThis, context, af: async () => {}, asyncFn: async function () {}, gen: Object.create(Object.getPrototypeOf((function* () {}).prototype)), agen: Object.create(Object.getPrototypeOf((async function* () {}).prototype)),
    agenFn: async function* () {}, genFn: function* () {}, arr: [][Symbol.iterator](), map: new Map().entries(), set: new Set().values(), str: ''[Symbol.iterator](),
    rsi: 'a'.matchAll(/a/g), helper: [1].values().map((x) => x), wrap: Iterator.from({ next() { return { done: true } } }),
    segs: new Intl.Segmenter().segment('a'), seg: new Intl.Segmenter().segment('a')[Symbol.iterator](), err: new Error('e'),
    args: (function () { return arguments })(), sloppy: Function('return arguments')(), re: /a/, match: /a/.exec('a'), date: new Date(), p: Promise.resolve(),
    proxy: Proxy.revocable({}, {}), response: respond({}), url: new URL('http://a/'), td: new TextDecoder(), envelope: doCmd('X'), fmt: new Intl.DateTimeFormat(),
    nf: new Intl.NumberFormat(), col: new Intl.Collator(), thrown: (() => { try { null.x } catch (e) { return e } })(), template: ((s) => s)\`x\`,
    ws: new WeakSet(), buf: new ArrayBuffer(1), dv: new DataView(new ArrayBuffer(1)), ta: new Float32Array(1), sym: Object(Symbol()), big: Object(1n),
    agg: new AggregateError([]), stack: new DisposableStack(), astack: new AsyncDisposableStack(), locale: new Intl.Locale('en'), bound: (() => {}).bind(null) };
  // Instances and what hangs on them alone are the run's own: only what they inherit is shared.
  const own = new Set(Object.values(samples)); own.delete(globalThis);
  const seen = new Map(); const queue = [];
  for (const [name, value] of Object.entries(samples)) {
    if (value === globalThis) queue.push([value, name]);
    else {
      queue.push([Object.getPrototypeOf(value), name + '.__proto__']);
      for (const key of Reflect.ownKeys(value)) { const d = Reflect.getOwnPropertyDescriptor(value, key);
        queue.push([d.get, name + '.get ' + String(key)], [d.set, name + '.set ' + String(key)]); }
    }
  }
  while (queue.length > 0) {
    const [value, path] = queue.pop();
    if ((typeof value !== 'object' && typeof value !== 'function') || value === null || seen.has(value) || own.has(value)) continue;
    seen.set(value, path);
    queue.push([Object.getPrototypeOf(value), path + '.__proto__']);
    for (const key of Reflect.ownKeys(value)) {
      const d = Reflect.getOwnPropertyDescriptor(value, key);
      queue.push([d.value, path + '.' + String(key)], [d.get, path + '.get ' + String(key)], [d.set, path + '.set ' + String(key)]);
    }
  }
  const loose = []; for (const [value, path] of seen) if (!Object.isFrozen(value)) loose.push(path);
  return { size: seen.size, loose };`;

/** Each hides a mark where the next run of the same script might find it, and returns what it found. */
const CHANNELS: Record<string, string> = {
  'a global': `const found = globalThis.mark; try { globalThis.mark = 1 } catch {} return found`,
  'a sloppy global': `const found = typeof mark; Function('mark = 1')(); return found === 'undefined' ? undefined : found`,
  'an indirect eval': `const found = typeof mark; try { (0, eval)('var mark = 1') } catch {} return found === 'undefined' ? undefined : found`,
  'a prototype': `const found = [].mark; try { Array.prototype.mark = 1 } catch {} try { Object.prototype.mark = 1 } catch {} return found`,
  'an override': `const found = {}.toString.mark; try { Object.prototype.toString = Object.assign(() => 1, { mark: 1 }) } catch {} return found`,
  'a setter called on its own prototype': `const d = Object.getOwnPropertyDescriptor(Object.prototype, 'valueOf');
    const found = Object.prototype.valueOf.mark; try { d.set.call(Object.prototype, Object.assign(() => 1, { mark: 1 })) } catch {} return found`,
  'an accessor of the override kind': `const { get } = Object.getOwnPropertyDescriptor(Object.prototype, 'valueOf'); const found = get.mark; try { get.mark = 1 } catch {} return found`,
  'the getter behind the context': `const { get } = Object.getOwnPropertyDescriptor(context, 'rawBodyBase64'); const found = get.mark; try { get.mark = 1 } catch {} return found`,
  'a RegExp static': `const found = RegExp.$1; /(m)/.test('m'); return found`,
  "a literal's lastIndex": `const re = /a/g; const found = re.lastIndex || undefined; re.test('a'); return found`,
  'a template object': `const t = ((s) => s)\`x\`; const found = t.mark; try { t.mark = 1 } catch {} return found`,
  'the stack accessor of errors': `const d = Object.getOwnPropertyDescriptor(new Error(), 'stack'); const f = d.get ?? d.set ?? {}; const found = f.mark; try { f.mark = 1 } catch {} return found`,
  prepareStackTrace: `const found = Error.prepareStackTrace; try { Error.prepareStackTrace = () => 1 } catch {} return found`,
  stackTraceLimit: `const found = Error.stackTraceLimit === 10 ? undefined : 1; try { Error.stackTraceLimit = 3 } catch {} return found`,
  console: `const found = console.mark; try { console.mark = 1; console.log.mark = 1 } catch {} return found`,
  URL: `const found = URL.mark ?? new URL('http://a/').mark; try { URL.mark = 1 } catch {} try { URL.prototype.mark = 1 } catch {} return found`,
  'what respond returns': `const r = respond({}); const found = Object.getPrototypeOf(r).mark; try { Object.getPrototypeOf(r).mark = 1 } catch {} return found`,
  'the context': `const found = context.mark; try { context.mark = 1; } catch {} return found`,
  'a generator prototype': `const g = (function* () {})(); const p = Object.getPrototypeOf(Object.getPrototypeOf(g)); const found = p.mark; try { p.mark = 1 } catch {} return found`,
  'the script function itself': `const f = (() => { try { return arguments.callee } catch { return {} } })(); const found = f.mark; f.mark = 1; return found`,
  'the functions that a thenable is given': `return { ['th' + 'en'](give) { const found = give.mark ?? null; try { give.mark = 1 } catch {} give(found) } }`,
  'a promise left behind': `const found = globalThis.late; (async () => { await null; try { globalThis.late = 1 } catch {} })(); return found`,
};

describe.each(['frozen', 'fresh'] as const)('a run (%s)', (isolation) => {
  const pool = new ScriptPool({ workers: 2, isolation });
  const resultOf = async (source: string): Promise<unknown> => {
    const { verdict } = await pool.run(scriptRequest(source));
    return verdict.kind === 'returned' ? (JSON.parse(verdict.json) as unknown) : verdict;
  };
  beforeAll(() => pool.start());
  afterAll(() => pool.stop(0));

  it.each(Object.entries(CHANNELS))('leaves nothing for the next one in %s', async (_, source) => {
    for (let run = 0; run < 4; run += 1) expect(await resultOf(source)).toBeNull();
  });

  it('cannot change a global or a built-in', async () => {
    for (const change of [
      'globalThis.x = 1',
      'Array.prototype.map = 1',
      'JSON.parse = 1',
      'console.log = 1',
      'delete Math.max',
      'Object.assign(Promise, { a: 1 })',
    ]) {
      expect(await resultOf(change)).toMatchObject({ kind: 'threw' });
    }
  });

  it('shows no path and nothing of the host in a stack', async () => {
    const source = `const stacks = []; const fails = [() => null.x, () => crypto.hash('no', ''), () => new URL('no'), () => doCmd.call(), () => atob('*'),
      () => JSON.parse('{'), () => Reflect.apply(respond, null, [])];
      for (const fail of fails) try { fail() } catch (e) { stacks.push(e.stack) } return stacks.join('\\n')`;
    const stacks = await resultOf(source);
    expect(stacks).toEqual(expect.any(String));
    expect(stacks).not.toMatch(/[\\/](?!x)|node:|file:|isolated-vm|\.ts|\.js/);
  });
});

describe('the frozen realm', () => {
  const pool = new ScriptPool({ workers: 2, isolation: 'frozen' });
  beforeAll(() => pool.start());
  afterAll(() => pool.stop(0));

  it('has nothing that can be reached and is not frozen', async () => {
    const { verdict } = await pool.run(scriptRequest(WALK));
    const { size, loose } = JSON.parse(verdict.kind === 'returned' ? verdict.json : JSON.stringify(verdict));
    expect(loose).toEqual([]);
    expect(size).toBeGreaterThan(1000);
  });

  it('keeps programs apart', async () => {
    const hide = await pool.run(
      scriptRequest(`try { Symbol.for('k').mark = 1 } catch {} return Symbol.for('k').mark ?? null`),
    );
    const seek = await pool.run(scriptRequest(`return Symbol.for('k').mark ?? null`));
    expect([hide.verdict, seek.verdict]).toEqual([
      { kind: 'returned', json: 'null' },
      { kind: 'returned', json: 'null' },
    ]);
  });
});
