import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ScriptPool } from './index.ts';
import { childPids, scriptRequest } from './script.fixture.ts';

const RUNNING = { kind: 'limit', limit: 'running-time' };
const MEMORY = { kind: 'limit', limit: 'memory' };

const ENDLESS: Record<string, string> = {
  'a loop': 'for (;;);',
  'a loop of microtasks': 'for (;;) await 1',
  'a loop that outlives the result': '(async () => { for (;;) await 1 })(); return 1',
  'a regular expression': `/^(a+)+$/.test('a'.repeat(60) + 'b')`,
  'an async iterator': 'for await (const x of (async function* () { for (;;) yield 1 })());',
  'a thenable that never settles on a value': 'const t = { then(r) { r(t) } }; return t',
  'a toJSON': 'return { toJSON() { for (;;); } }',
  'a getter of the result': 'return { get a() { for (;;); } }',
  'a message': 'throw { get message() { for (;;); } }',
  'a loop that catches everything': 'for (;;) try { for (;;); } catch {} finally { for (;;); }',
  'a loop with logs': `for (;;) console.log('x'.repeat(1000))`,
};

const GREEDY: Record<string, string> = {
  'a replace that explodes': `return 'a'.repeat(2 ** 24).replace(/a/g, '$&'.repeat(10)).length`,
  'a growing map': 'const m = new Map(); for (let i = 0; ; i++) m.set(i, { i })',
  'a growing array': 'const a = []; for (;;) a.push({ a })',
  'typed arrays': 'const a = []; for (;;) a.push(new Uint8Array(2 ** 20).fill(1))',
  'a buffer that grows':
    'const b = new ArrayBuffer(8, { maxByteLength: 2 ** 32 }); for (let i = 1; ; i++) { b.resize(i * 2 ** 20); new Uint8Array(b).fill(1) }',
  'a huge result': `return 'x'.repeat(2 ** 28)`,
};

const never = () => new Promise<string>(() => {});
const slow = () => new Promise<string>((resolve) => setTimeout(resolve, 1_000, '{"success":true}'));
const nest = (levels: number) => `let a = 1; for (let i = 0; i < ${levels}; i++) a = [a]; return a`;

describe('a script that goes over its limits', () => {
  const pool = new ScriptPool({ workers: 2, isolation: 'frozen' });
  const outcomeOf = (source: string, changes = {}) => pool.run(scriptRequest(source, changes));
  const messageOf = async (thrown: string) => {
    const { verdict } = await outcomeOf(`throw ${thrown}`);
    return verdict.kind === 'threw' ? verdict.message : verdict;
  };
  beforeAll(() => pool.start());
  afterAll(() => pool.stop(0));

  it.each(Object.entries(ENDLESS))('is stopped in %s', async (_, source) => {
    const outcome = await outcomeOf(source, { limits: { runningMs: 300 } });
    expect(outcome.verdict).toMatchObject(RUNNING);
  });

  it.each(Object.entries(GREEDY))('is stopped by memory in %s', async (_, source) => {
    const outcome = await outcomeOf(source, { limits: { runningMs: 5000 } });
    expect(outcome.verdict).toMatchObject(MEMORY);
    expect((await outcomeOf('return 1')).verdict).toEqual({ kind: 'returned', json: '1' });
  });

  it('may allocate what is too large, and catch that', async () => {
    const source = `try { return new Uint8Array(2 ** 30).length } catch (e) { return e.name }`;
    expect((await outcomeOf(source)).verdict).toEqual({ kind: 'returned', json: '"RangeError"' });
  });

  it('ends at the call after the last that it may make, past every catch', async () => {
    const source = `try { for (;;) try { doCmd('A') } catch {} } finally { console.log('finally'); return 1 }`;
    const outcome = await outcomeOf(source, { limits: { callsMax: 3 } });
    expect(outcome).toMatchObject({ verdict: { kind: 'limit', limit: 'calls' }, calls: 3, logs: [] });
    const again = await outcomeOf(source, { limits: { callsMax: 3 } });
    expect(again.verdict).toMatchObject({ limit: 'calls' });
  });

  it('has its time in all, waiting included, and its running time without', async () => {
    const stuck = await outcomeOf(`doCmd('A')`, { call: never, limits: { totalMs: 200 } });
    expect(stuck.verdict).toMatchObject({ kind: 'limit', limit: 'total-time' });
    const patient = await outcomeOf(`return doCmd('A').success`, { call: slow, limits: { runningMs: 300 } });
    expect(patient.verdict).toEqual({ kind: 'returned', json: 'true' });
    const both = `doCmd('A'); for (;;);`;
    expect((await outcomeOf(both, { call: slow, limits: { runningMs: 100 } })).verdict).toMatchObject(
      RUNNING,
    );
  });

  it('is told that its result is too large or too deep', async () => {
    const limits = { resultBytesMax: 1000 };
    const tooLarge = { kind: 'limit', limit: 'result-size' };
    expect((await outcomeOf(`return 'x'.repeat(998)`, { limits })).verdict.kind).toBe('returned');
    expect((await outcomeOf(`return 'x'.repeat(999)`, { limits })).verdict).toMatchObject(tooLarge);
    expect((await outcomeOf(`return 'é'.repeat(500)`, { limits })).verdict).toMatchObject(tooLarge);
    expect((await outcomeOf(`return respond({ body: 'x'.repeat(1001) })`, { limits })).verdict).toMatchObject(
      tooLarge,
    );
    expect((await outcomeOf(nest(500))).verdict.kind).toBe('returned');
    expect((await outcomeOf(nest(501))).verdict).toMatchObject(tooLarge);
    expect((await outcomeOf(nest(100_000))).verdict.kind).toBe('threw');
  });

  it('has the limits of its own run, whatever those of the run before were', async () => {
    const source = `console.log('x'.repeat(500)); return 'x'.repeat(500)`;
    for (const logBytesMax of [100, 1000, 100, 65_536, 499]) {
      const outcome = await outcomeOf(source, { limits: { logBytesMax } });
      expect(outcome.logsTruncated).toBe(logBytesMax < 500);
      for (const resultBytesMax of [100, 1000]) {
        const { verdict } = await outcomeOf(source, { limits: { logBytesMax, resultBytesMax } });
        expect(verdict.kind).toBe(resultBytesMax < 500 ? 'limit' : 'returned');
      }
    }
  });

  it('loses the log lines over the limit and no more', async () => {
    const source = `for (let i = 0; i < 100; i++) console.log('é'.repeat(10)); return 1`;
    // Five lines of 20 bytes, and 16 for each line.
    const outcome = await outcomeOf(source, { limits: { logBytesMax: 5 * 36 + 5 } });
    expect(outcome.verdict).toEqual({ kind: 'returned', json: '1' });
    expect(outcome.logsTruncated).toBe(true);
    const bytes = outcome.logs.reduce((sum, line) => sum + Buffer.byteLength(line.text), 0);
    expect(bytes).toBeGreaterThanOrEqual(100);
    expect(bytes).toBeLessThanOrEqual(105);
  });

  it.each(['no', 'The request timed out', 'The queue has reached its memory limit'])(
    'returns, whatever a rejection that nobody waits for says: %s',
    async (message) => {
      const source = `const note = async () => { throw new Error('${message}') }; note(); return 1`;
      for (let run = 0; run < 2; run += 1)
        expect((await outcomeOf(source)).verdict).toEqual({ kind: 'returned', json: '1' });
    },
  );

  it('hears of a promise that cannot settle', async () => {
    const message = 'The script never finished: it awaits something that cannot happen';
    expect((await outcomeOf('await new Promise(() => {})')).verdict).toEqual({ kind: 'threw', message });
    expect((await outcomeOf('return { then() {} }')).verdict).toEqual({ kind: 'threw', message });
  });

  it('is quoted with at most 1 KiB of what it threw', async () => {
    expect(await messageOf(`new TypeError('as said')`)).toBe('as said');
    expect(await messageOf(`'text'`)).toBe('text');
    expect(await messageOf(`{ code: 5 }`)).toBe('{"code":5}');
    expect(await messageOf('undefined')).toBe('undefined');
    expect(await messageOf('null')).toBe('null');
    expect(await messageOf('new Error()')).toBe('Error');
    expect(
      await messageOf(
        `new Proxy({}, { get() { throw 1 }, ownKeys() { throw 2 }, getPrototypeOf() { throw 3 } })`,
      ),
    ).toBe('The script threw a value that cannot be shown');
    expect(Buffer.byteLength((await messageOf(`new Error('€'.repeat(5000))`)) as string)).toBeLessThanOrEqual(
      1024,
    );
    expect(
      await messageOf(`(() => { const f = () => f(); try { f() } catch (e) { return e } })()`),
    ).toContain('call stack');
  });

  it('that returns what cannot be JSON has thrown', async () => {
    for (const value of [
      '10n',
      '(() => { const a = {}; a.a = a; return a })()',
      'new Proxy({}, { ownKeys() { throw new Error("trap") } })',
      '{ toJSON() { throw new Error("no") } }',
    ]) {
      expect((await outcomeOf(`return ${value}`)).verdict.kind).toBe('threw');
    }
  });

  it('cannot reach the host through the deepest stack', async () => {
    const source = `let last; function deep() { try { deep() } finally { try { last = crypto.randomUUID(); doCmd('A', { n: 1 }) } catch (e) { last = String(e) + e.stack } } }
      try { deep() } catch {} return last`;
    const outcome = await outcomeOf(source, { limits: { callsMax: 100_000, runningMs: 10_000 } });
    expect(JSON.stringify(outcome.verdict)).not.toMatch(/node:|file:|worker/);
    expect((await outcomeOf('return 1')).verdict).toEqual({ kind: 'returned', json: '1' });
  });
});

describe('a script whose worker gets no processor', () => {
  it('is not charged with that time, up to ten times its limit', async () => {
    const before = childPids();
    const pool = new ScriptPool({ workers: 2, isolation: 'frozen' });
    await pool.start();
    // Those of the moment: the first run lets others start.
    const signal = (name: NodeJS.Signals) => {
      for (const pid of childPids()) if (!before.includes(pid)) process.kill(pid, name);
    };
    const request = scriptRequest('return 1', { limits: { runningMs: 300 } });
    signal('SIGSTOP');
    const late = pool.run(request);
    // While the pool looks.
    await new Promise((resolve) => setTimeout(resolve, 500));
    signal('SIGCONT');
    expect((await late).verdict).toEqual({ kind: 'returned', json: '1' });
    signal('SIGSTOP');
    expect((await pool.run(request)).verdict).toMatchObject(RUNNING);
    await pool.stop(0);
  });
});
