import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ScriptPool } from './index.ts';
import { childPids, scriptRequest } from './script.fixture.ts';

describe.each(['frozen', 'fresh'] as const)('scripts as people write them (%s)', (isolation) => {
  const pool = new ScriptPool({ workers: 2, isolation });
  const outcomeOf = (source: string, changes = {}) => pool.run(scriptRequest(source, changes));
  const resultOf = async (
    source: string,
    changes: Parameters<typeof scriptRequest>[1] = {},
  ): Promise<unknown> => {
    const { verdict } = await outcomeOf(source, changes);
    return verdict.kind === 'returned' ? (JSON.parse(verdict.json) as unknown) : verdict;
  };
  beforeAll(() => pool.start());
  afterAll(() => pool.stop(0));

  it('return what they make of the body', async () => {
    const source = `const { items } = context.body;
      const total = items.reduce((sum, { price, count }) => sum + price * count, 0);
      return { id: context.body.id, total, method: context.method };`;
    expect(await resultOf(source)).toEqual({ id: 'evt_1', total: 11, method: 'POST' });
  });

  it('await, throw, catch and use the newer language', async () => {
    const source = `const later = async (value) => { await null; return value; };
      const all = await Promise.all([later(1), later(2)]);
      const settled = await Promise.allSettled([Promise.reject(new Error('no')), later(3)]);
      const groups = Object.groupBy([1, 2, 3], (n) => (n % 2 ? 'odd' : 'even'));
      async function* three() { yield 1; yield 2; yield 3; }
      const from = []; for await (const n of three()) from.push(n);
      try { null.x } catch (error) { return [all, settled[0].reason.message, groups, from, error instanceof TypeError] }`;
    expect(await resultOf(source)).toEqual([[1, 2], 'no', { odd: [1, 3], even: [2] }, [1, 2, 3], true]);
  });

  it('use regular expressions, maps, dates and Intl', async () => {
    const source = `const map = new Map([['a', 1]]); map.set('b', 2);
      const parts = 'ref-123-x'.match(/^(?<kind>\\w+)-(?<number>\\d+)/).groups;
      const price = new Intl.NumberFormat('en', { style: 'currency', currency: 'EUR' }).format(1234.5);
      const swapped = 'John Smith'.replace(/(\\w+) (\\w+)/, '$2 $1');
      return { ...parts, sum: [...map.values()].reduce((a, b) => a + b), date: new Date(0).toISOString(), price, swapped };`;
    expect(await resultOf(source)).toEqual({
      kind: 'ref',
      number: '123',
      sum: 3,
      date: '1970-01-01T00:00:00.000Z',
      price: '€1,234.50',
      swapped: 'Smith John',
    });
  });

  it('assign over inherited built-ins as on any other engine', async () => {
    const source = `class Failure extends Error { constructor(m) { super(m); this.name = 'Failure'; this.message = m + '!'; } }
      function Base() {} function Sub() {}
      Sub.prototype = Object.create(Base.prototype); Sub.prototype.constructor = Sub;
      Sub.prototype.toString = function () { return 'sub' };
      const o = {}; o.toString = () => 'mine'; o.valueOf = () => 7; o.hasOwnProperty = 1; o.constructor = 'c';
      class List extends Array {} List.prototype.map = () => 'mapped'; const list = new List(); list.push = () => 'pushed';
      const fn = () => {}; fn.call = 'called'; fn.toString = () => 'text';
      const e = new TypeError('x'); e.name = 'Named'; e.message = 'said';
      const m = new Map(); m.get = () => 'got';
      return [String(new Failure('a')), new Sub().constructor === Sub, String(new Sub()), String(o), o + 1, o.hasOwnProperty,
        o.constructor, list.map(), list.push(), fn.call, String(fn), String(e), m.get('x'), Object.keys(o)];`;
    expect(await resultOf(source)).toEqual([
      'Failure: a!',
      true,
      'sub',
      'mine',
      8,
      1,
      'c',
      'mapped',
      'pushed',
      'called',
      'text',
      'Named: said',
      'got',
      ['toString', 'valueOf', 'hasOwnProperty', 'constructor'],
    ]);
  });

  it.each([
    ['const o = { n: 0 }; Promise.resolve().then(() => { o.n = 1 }); return o;', { n: 1 }],
    ['const o = { n: 0 }; (async () => { o.n = 1 })(); return o;', { n: 1 }],
    ['return globalThis["Prom" + "ise"].resolve({ a: 1 });', { a: 1 }],
    ['return { ["th" + "en"](give) { give("given") } };', 'given'],
    ['const f = () => {}; f["th" + "en"] = (give) => give(3); return f;', 3],
    ['return { ["th" + "en"]: 1, toJSON: () => 4 };', 4],
    ['return { toJSON: () => [2] };', [2]],
    ['return () => 1;', null],
  ])('return what is there at the end, at once or put off: %s', async (source, result) => {
    expect(await resultOf(source)).toEqual(result);
  });

  it.each([
    'throw new Error("no");',
    'return { toJSON() { throw new Error("no") } };',
    'return { get ["th" + "en"]() { throw new Error("no") } };',
    'return { ["th" + "en"](give, refuse) { refuse(new Error("no")) } };',
    'return globalThis["Prom" + "ise"].reject(new Error("no"));',
    'await null; throw new Error("no");',
  ])('throw at once or later: %s', async (source) => {
    expect(await resultOf(source)).toMatchObject({ kind: 'threw', message: 'no' });
  });

  it('are strict and get no value from returning nothing', async () => {
    expect(await resultOf('return this === undefined')).toBe(true);
    expect(await resultOf('let x = 1;')).toBeNull();
    expect(await resultOf('undeclared = 1')).toMatchObject({
      kind: 'threw',
      message: 'undeclared is not defined',
    });
    expect(await resultOf('return () => 1')).toBeNull();
  });

  it('see the context of the contract, frozen to its depth', async () => {
    const context = await resultOf('return context');
    expect(context).toMatchObject({ method: 'POST', ip: '10.0.0.1', body: { id: 'evt_1' } });
    expect((context as { rawBodyBase64: string }).rawBodyBase64).toBe(
      scriptRequest('').body.toString('base64'),
    );
    expect(await resultOf('context.body.items.push(1)')).toMatchObject({ kind: 'threw' });
    expect(await resultOf('context.body.items[0].price = 1')).toMatchObject({ kind: 'threw' });
    expect(await resultOf('context.headers = {}')).toMatchObject({ kind: 'threw' });
  });

  it('see each kind of body as its kind', async () => {
    const form = Buffer.from('a=1&b=x+y&a=%E2%82%AC&__proto__=z&bad=%zz&e');
    expect(await resultOf('return Object.entries(context.body)', { bodyKind: 'form', body: form })).toEqual([
      ['a', ['1', '€']],
      ['b', 'x y'],
      ['__proto__', 'z'],
      ['bad', '%zz'],
      ['e', ''],
    ]);
    const bytes = Buffer.from([0xff, 0xfe, 0]);
    expect(
      await resultOf('return [context.body, context.bodyBase64, context.rawBodyBase64]', {
        bodyKind: 'base64',
        body: bytes,
        rawBody: Buffer.from([1]),
      }),
    ).toEqual([null, '//4A', 'AQ==']);
    expect(await resultOf('return context.body', { bodyKind: 'text', body: Buffer.from('hé') })).toBe('hé');
    expect(await resultOf('return context.body', { body: Buffer.from('\uFEFF{"a":1}') })).toEqual({ a: 1 });
    const nothing = { bodyKind: 'none' as const, body: Buffer.alloc(0) };
    expect(await resultOf('return [context.body, context.rawBodyBase64]', nothing)).toEqual([null, '']);
    const variables = { bodyKind: 'omitted' as const, body: Buffer.alloc(0), metaJson: '{"body":5}' };
    expect(await resultOf('return context', variables)).toEqual({ body: 5 });
  });

  it.each([...'aé€😀'])('see a body and a header of %s whole, however long', async (character) => {
    const source = 'return { body: context.body, header: context.headers.long };';
    for (const length of [510, 511, 512, 1022, 1023, 1024, 1025, 2047, 8176, 8177, 16_368, 16_369, 20_000]) {
      const [text, header] = [character.repeat(length), character.repeat(length - 20)];
      const metaJson = JSON.stringify({ headers: { long: header } });
      const changes = { body: Buffer.from(text), bodyKind: 'text', metaJson } as const;
      expect(await resultOf(source, changes)).toEqual({ body: text, header });
    }
  });

  it('have their own body after calls, whatever came in meanwhile', async () => {
    const source = `doCmd('A', {}); doCmd('B', { text: 'x'.repeat(1000) }); return context.rawBodyBase64;`;
    const bodies = Array.from({ length: 40 }, (_, n) => Buffer.from(String(n).repeat(500 + n * 40)));
    const results = bodies.map((body) => resultOf(source, { body, bodyKind: 'text' }));
    expect(await Promise.all(results)).toEqual(bodies.map((body) => body.toString('base64')));
  });

  it('do not run on a body that is not what its kind says', async () => {
    const broken = await outcomeOf('doCmd("X"); console.log(1)', { body: Buffer.from('{"a":') });
    expect(broken).toMatchObject({ verdict: { kind: 'unparsable-body' }, calls: 0, logs: [] });
    const deep = Buffer.from('['.repeat(200_000) + ']'.repeat(200_000));
    const nested = await outcomeOf('return 1', { body: deep });
    expect(nested.verdict).toMatchObject({
      kind: 'unparsable-body',
      message: expect.stringContaining('deeper'),
    });
  });

  it('say with the line where they do not compile', async () => {
    expect(await pool.check('const a = 1;\nreturn await a;')).toBeNull();
    expect(await pool.check('let a = 1;\nlet b = ;')).toBe("Unexpected token ';' (line 2, column 9)");
    expect(await pool.check('import fs from "fs"')).toContain('import');
    for (const source of ['}); evil(); (async()=>{', '}, async function(){', '} /*', '}); (() => {']) {
      expect(await pool.check(source)).toEqual(expect.any(String));
      expect(await resultOf(source)).toMatchObject({ kind: 'threw' });
    }
  });
});

describe('the pool', () => {
  it('leaves no process behind, answers what is asked of it afterwards, and never rejects', async () => {
    const before = childPids();
    const pool = new ScriptPool({ workers: 2, isolation: 'frozen' });
    await pool.start();
    expect(pool.isReady).toBe(true);
    await pool.run(scriptRequest('return 1'));
    const pids = childPids().filter((pid) => !before.includes(pid));
    expect(pids.length).toBeGreaterThanOrEqual(3);
    const busy = pool.run(scriptRequest('for(;;);', { limits: { runningMs: 30_000 } }));
    await pool.stop(50);
    expect((await busy).verdict.kind).toBe('unavailable');
    expect(childPids().filter((pid) => pids.includes(pid))).toEqual([]);
    expect(pool.isReady).toBe(false);
    expect((await pool.run(scriptRequest('return 1'))).verdict.kind).toBe('unavailable');
  });

  it('gives runs at hand their grace when it stops', async () => {
    const pool = new ScriptPool({ workers: 2, isolation: 'frozen' });
    await pool.start();
    const run = pool.run(scriptRequest('return doCmd("X").data.name'));
    const waiting = pool.run(scriptRequest('return 2'));
    await pool.stop(5000);
    expect((await run).verdict).toEqual({ kind: 'returned', json: '"X"' });
    expect((await waiting).verdict).toEqual({ kind: 'returned', json: '2' });
  });
});
