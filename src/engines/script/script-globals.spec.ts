import { createHash, createHmac } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ScriptPool } from './index.ts';
import { scriptRequest } from './script.fixture.ts';

describe('the globals of a script', () => {
  const pool = new ScriptPool({ workers: 2, isolation: 'frozen' });
  const outcomeOf = (source: string, changes = {}) => pool.run(scriptRequest(source, changes));
  const resultOf = async (source: string, changes = {}): Promise<unknown> => {
    const { verdict } = await outcomeOf(source, changes);
    return verdict.kind === 'returned' ? (JSON.parse(verdict.json) as unknown) : verdict;
  };
  beforeAll(() => pool.start());
  afterAll(() => pool.stop(0));

  it('are those of the contract and no more of the host', async () => {
    const source = `const names = ['setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask', 'process', 'require', 'module',
      'global', 'Buffer', 'fetch', 'WebAssembly', 'Atomics', 'SharedArrayBuffer', 'WeakRef', 'FinalizationRegistry', 'gc'];
      return names.filter((name) => Function('return typeof ' + name)() !== 'undefined');`;
    expect(await resultOf(source)).toEqual([]);
    expect(await resultOf("try { await import('fs'); return 1 } catch (e) { return e.message }")).toBe(
      'Not supported',
    );
    expect(await resultOf("return typeof doCmd.constructor('return this')().process")).toBe('undefined');
  });

  it('doCmd returns the envelope, in order, and counts', async () => {
    const outcome = await outcomeOf(`return [1, 2, 3].map((n) => doCmd('Echo', { n }).data)`);
    expect(outcome.calls).toBe(3);
    expect(outcome.verdict).toEqual({
      kind: 'returned',
      json: '[{"name":"Echo","input":{"n":1}},{"name":"Echo","input":{"n":2}},{"name":"Echo","input":{"n":3}}]',
    });
  });

  it('doCmd never throws: what cannot be sent is a failed validation', async () => {
    const source = `const cycle = {}; cycle.self = cycle;
      const hostile = new Proxy({}, { ownKeys() { throw new Error('trap') } });
      return [doCmd('A', cycle), doCmd('A', { n: 1n }), doCmd('A', hostile), doCmd('A', [1]), doCmd('A', 'x'), doCmd(5), doCmd(),
        doCmd('A', { toJSON() { return 3 } }), doCmd('A', { get a() { throw 1 } })].map((e) => [e.success, e.data, e.message, e.errors.length]);`;
    expect(await resultOf(source)).toEqual(
      Array.from({ length: 9 }, () => [false, null, 'Validation failed', 1]),
    );
  });

  it('doCmd answers with a failure when the host side of it breaks', async () => {
    for (const call of [
      () => Promise.reject(new Error('secret detail')),
      (): never => {
        throw new Error('secret detail');
      },
    ]) {
      const result = await resultOf('return doCmd("A")', { call });
      expect(result).toMatchObject({ success: false, message: 'Something went wrong' });
      expect(JSON.stringify(result)).not.toContain('secret');
    }
    const text = await resultOf('return doCmd("A")', { call: async () => 'not json' });
    expect(text).toMatchObject({ success: false });
  });

  it('respond answers with status, headers and body, only when it is returned', async () => {
    const { verdict } = await outcomeOf(
      `return respond({ status: 201, headers: { 'X-A': 'b', 'X-N': 5, 'X-L': ['1', '2'] }, body: { ok: true } })`,
    );
    expect(verdict).toEqual({
      kind: 'responded',
      status: 201,
      headers: { 'X-A': 'b', 'X-N': '5', 'X-L': ['1', '2'] },
      body: '{"ok":true}',
      bodyIsText: false,
    });
    expect((await outcomeOf(`return respond({ body: 'héy' })`)).verdict).toMatchObject({
      status: 200,
      body: 'héy',
      bodyIsText: true,
    });
    expect(await resultOf(`respond({ body: 'x' }); return 3`)).toBe(3);
    expect(await resultOf(`return Object.keys(respond({}))`)).toEqual([]);
  });

  it('respond refuses what would not be an answer', async () => {
    for (const answer of [
      'null',
      '{ status: 99 }',
      '{ status: 600 }',
      '{ status: 200.5 }',
      '{ status: "200" }',
      '{ headers: { "a b": "x" } }',
      '{ headers: { a: "x\\r\\ny: z" } }',
      '{ headers: { a: {} } }',
      '{ headers: 5 }',
      '{ body: new Uint8Array(3) }',
      '{ body: 1n }',
    ]) {
      expect(await resultOf(`return respond(${answer})`)).toMatchObject({ kind: 'threw' });
    }
  });

  it('console keeps lines in order, whatever is logged', async () => {
    const { logs, logsTruncated } = await outcomeOf(`
      console.log('a', 1, null, undefined, true, 5n, Symbol('s'));
      console.info({ a: [1, { b: 'x' }], f() {}, get g() { throw 1 } });
      console.warn(new Map([['k', 1]]), new Set([1]), new Error('bad'), new Date(0), /x/g);
      const cycle = {}; cycle.self = cycle;
      console.error(cycle, new Proxy({}, { ownKeys() { throw 1 } }), { toString() { throw 1 } }, { [Symbol.toStringTag]: 'lie' });
      console.log();`);
    expect(logsTruncated).toBe(false);
    expect(logs).toEqual([
      { level: 'log', text: 'a 1 null undefined true 5n Symbol(s)' },
      { level: 'info', text: '{"a":[1,{"b":"x"}],"f":[Function f],"g":[Getter]}' },
      { level: 'warn', text: 'Map{["k",1]} Set{1} Error: bad 1970-01-01T00:00:00.000Z /x/g' },
      {
        level: 'error',
        text: '{"self":[Circular]} [Object that cannot be shown] {"toString":[Function toString]} {Symbol(Symbol.toStringTag):"lie"}',
      },
      { level: 'log', text: '' },
    ]);
  });

  it('console keeps lines of a fast program and of one that is killed', async () => {
    const source = `console.log('before'); if (context.body.hang) for (;;); return 1`;
    for (let run = 0; run < 5; run += 1)
      expect((await outcomeOf(source)).logs).toEqual([{ level: 'log', text: 'before' }]);
    const hangs = `console.log('hangs'); for (;;);`;
    const outcome = await outcomeOf(hangs, { limits: { runningMs: 400 } });
    expect(outcome).toMatchObject({
      verdict: { limit: 'running-time' },
      logs: [{ level: 'log', text: 'hangs' }],
    });
  });

  it('crypto agrees with Node, for text and bytes', async () => {
    const source = `const bytes = new Uint8Array([1, 2, 255]);
      return [crypto.hmac('sha256', 'key', 'hé', 'hex'), crypto.hmac('sha512', bytes, bytes.subarray(1), 'base64'),
        crypto.hash('sha1', 'x', 'hex'), crypto.hash('sha384', bytes)];`;
    const bytes = Buffer.from([1, 2, 255]);
    expect(await resultOf(source)).toEqual([
      createHmac('sha256', 'key').update('hé').digest('hex'),
      createHmac('sha512', bytes).update(bytes.subarray(1)).digest('base64'),
      createHash('sha1').update('x').digest('hex'),
      createHash('sha384').update(bytes).digest('hex'),
    ]);
    expect(await resultOf(`return crypto.randomUUID()`)).toMatch(/^[0-9a-f-]{36}$/);
    const equal = `return [crypto.timingSafeEqual('a', 'a'), crypto.timingSafeEqual('a', 'b'), crypto.timingSafeEqual('a', 'ab'),
      crypto.timingSafeEqual('a', new Uint8Array([97]))]`;
    expect(await resultOf(equal)).toEqual([true, false, false, true]);
  });

  it('crypto says what it was given wrong', async () => {
    for (const call of [
      `hash('nope', 'x')`,
      `hmac('nope', 'k', 'x')`,
      `hash(5, 'x')`,
      `hash('sha1', {})`,
      `hash('sha1', 'x', 'nope')`,
    ]) {
      const source = `try { crypto.${call} } catch (e) { return [e instanceof TypeError, /[/]/.test(e.message + e.stack)] }`;
      expect(await resultOf(source)).toEqual([true, false]);
    }
  });

  it('atob, btoa, TextEncoder and TextDecoder work as elsewhere', async () => {
    const source = `const bytes = new TextEncoder().encode('hé€😀');
      const into = new TextEncoder().encodeInto('é€', new Uint8Array(4));
      return [btoa('hi'), atob(' aGk= '), bytes instanceof Uint8Array, [...bytes], new TextDecoder().decode(bytes.subarray(1, 3)),
        new TextDecoder('UTF8').decode(bytes.buffer), new TextDecoder().decode(new Uint8Array([255])), into]`;
    expect(await resultOf(source)).toEqual([
      'aGk=',
      'hi',
      true,
      [...Buffer.from('hé€😀')],
      'é',
      'hé€😀',
      '\uFFFD',
      { read: 1, written: 2 },
    ]);
    for (const bad of [
      `atob('*')`,
      `btoa('€')`,
      `new TextDecoder('utf-16')`,
      `new TextDecoder('utf-8', { fatal: true }).decode(new Uint8Array([255]))`,
    ]) {
      expect(await resultOf(bad)).toMatchObject({ kind: 'threw' });
    }
  });

  it('URL and URLSearchParams agree with Node', async () => {
    const source = `const u = new URL('../b?x=1&y=2#h', 'https://us:pw@Example.com:8443/a/c/');
      u.searchParams.append('z', 'é &'); u.searchParams.delete('x'); u.port = '443'; u.hash = '';
      const p = new URLSearchParams('?a=1&a=2&b=%20+'); p.set('a', '3'); p.sort();
      return [u.href, u.origin, u.pathname, u.search, String(u), u.searchParams.get('z'), JSON.stringify({ u }), [...p], String(p), p.getAll('a'),
        p.has('b'), p.size, URL.canParse('x'), URL.parse('x'), String(new URLSearchParams({ k: "!'()*~ " }))]`;
    const u = new URL('../b?x=1&y=2#h', 'https://us:pw@Example.com:8443/a/c/');
    u.searchParams.append('z', 'é &');
    u.searchParams.delete('x');
    u.port = '443';
    u.hash = '';
    const p = new URLSearchParams('?a=1&a=2&b=%20+');
    p.set('a', '3');
    expect(await resultOf(source)).toEqual([
      u.href,
      u.origin,
      u.pathname,
      u.search,
      String(u),
      'é &',
      JSON.stringify({ u }),
      [...p],
      String(p),
      ['3'],
      true,
      2,
      false,
      null,
      String(new URLSearchParams({ k: "!'()*~ " })),
    ]);
    expect(await resultOf(`new URL('nope')`)).toMatchObject({ kind: 'threw', message: 'Invalid URL' });
  });

  it('secrets.get names the secret that is not there', async () => {
    expect(await resultOf(`secrets.get('KEY')`)).toEqual({
      kind: 'threw',
      message: 'No secret named "KEY" is available to this configuration',
    });
  });
});
