import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ScriptPool } from './index.ts';
import { scriptRequest } from './script.fixture.ts';

const startedAt = Date.UTC(2026, 0, 31, 12, 0, 0);
const OF_TIME_AND_CHANCE = `
  const seen = () => [Date.now(), new Date().toISOString(), new Date().getTimezoneOffset(), Date().slice(0, 24),
    new Intl.DateTimeFormat('en-GB', { dateStyle: 'short', timeStyle: 'long' }).format(),
    new Intl.DateTimeFormat('en-GB').formatToParts().map(({ value }) => value).join(''),
    new (class extends Date {})().getTime(), Math.random(), crypto.randomUUID()];
  const first = seen(); doCmd('Wait'); return [first, seen()];`;

describe.each(['frozen', 'fresh'] as const)('a run whose time is pinned (%s)', (isolation) => {
  const pool = new ScriptPool({ workers: 2, isolation });
  beforeAll(() => pool.start());
  afterAll(() => pool.stop(0));

  const run = async (
    source: string,
    pinned?: { startedAt: number; seed: string },
    recordedAt = startedAt + 5_000,
  ) => {
    const call = async () => (pinned ? { envelopeJson: '{}', recordedAt } : '{}');
    const { verdict } = await pool.run(scriptRequest(source, { call, ...(pinned && { pinned }) }));
    if (verdict.kind !== 'returned') throw new Error(JSON.stringify(verdict));
    return JSON.parse(verdict.json) as unknown;
  };

  it('has the time at which it began, and after a call that of its answer', async () => {
    const [first, second] = (await run(OF_TIME_AND_CHANCE, { startedAt, seed: 's' })) as unknown[][];
    expect(first!.slice(0, 7)).toEqual([
      startedAt,
      '2026-01-31T12:00:00.000Z',
      0,
      'Sat Jan 31 2026 12:00:00',
      '31/01/2026, 12:00:00 UTC',
      '31/01/2026',
      startedAt,
    ]);
    expect(second!.slice(0, 2)).toEqual([startedAt + 5_000, '2026-01-31T12:00:05.000Z']);
  });

  it('has the same time and chance in each try, and another seed gives other chance', async () => {
    const first = (await run(OF_TIME_AND_CHANCE, { startedAt, seed: 'one' })) as unknown[][];
    expect(await run(OF_TIME_AND_CHANCE, { startedAt, seed: 'one' })).toEqual(first);
    const other = (await run(OF_TIME_AND_CHANCE, { startedAt, seed: 'two' })) as unknown[][];
    expect(other[0]!.slice(0, 7)).toEqual(first[0]!.slice(0, 7));
    for (const at of [7, 8]) {
      expect(other[0]![at]).not.toBe(first[0]![at]);
      expect(first[1]![at]).not.toBe(first[0]![at]);
    }
    expect(first[0]![8]).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });

  it('draws numbers from 0 to less than 1, evenly', async () => {
    const numbers = (await run(`return Array.from({ length: 500 }, Math.random)`, {
      startedAt,
      seed: 'x',
    })) as number[];
    expect(numbers.every((one) => one >= 0 && one < 1)).toBe(true);
    expect(new Set(numbers).size).toBe(500);
    expect(numbers.reduce((a, b) => a + b) / 500).toBeCloseTo(0.5, 1);
  });

  it('never goes back in time', async () => {
    expect(await run(`doCmd('Wait'); return Date.now();`, { startedAt, seed: 's' }, startedAt - 1)).toBe(
      startedAt,
    );
  });

  it('leaves the next run of the same script the real time', async () => {
    const source = 'return [Date.now(), Math.random()];';
    await run(source, { startedAt, seed: 's' });
    const [now, chance] = (await run(source)) as [number, number];
    expect(Math.abs(now - Date.now())).toBeLessThan(10_000);
    expect(await run(source)).not.toEqual([now, chance]);
  });
});

describe('Date', () => {
  const pool = new ScriptPool({ workers: 2, isolation: 'frozen' });
  beforeAll(() => pool.start());
  afterAll(() => pool.stop(0));

  it('is what it is everywhere else', async () => {
    const source = `
      const made = new Date(2026, 0, 31, 12), subclass = new (class Sub extends Date { more() { return 1; } })(5);
      return [Date.name, Date.length, typeof Date(), made instanceof Date, made.constructor === Date,
        Object.prototype.toString.call(made), Date.UTC(1970, 0, 1), Date.parse('1970-01-01T00:00:01Z'),
        new Date('2026-01-31').toISOString(), new Date(made).getTime() === made.getTime(), isNaN(new Date('x')),
        subclass instanceof Date, subclass.more(), subclass.getTime(), Object.isFrozen(Date), Object.getOwnPropertyNames(Date).sort()];`;
    const { verdict } = await pool.run(scriptRequest(source));
    expect(verdict.kind === 'returned' && JSON.parse(verdict.json)).toEqual([
      'Date',
      7,
      'string',
      true,
      true,
      '[object Date]',
      0,
      1000,
      '2026-01-31T00:00:00.000Z',
      true,
      true,
      true,
      1,
      5,
      true,
      ['UTC', 'length', 'name', 'now', 'parse', 'prototype'],
    ]);
  });

  it('cannot be led to the real one of a pinned run', async () => {
    const source = `
      const found = [];
      for (const way of [() => Date.prototype.constructor, () => new Date().constructor, () => Object.getPrototypeOf(Date),
        () => Reflect.construct(Object, [], Date).constructor, () => Date.now.constructor('return Date')(),
        () => (0, eval)('Date'), () => Function('return Date')(), () => class extends Date {}])
        try { const one = way(); found.push(typeof one.now === 'function' ? one.now() : 'none'); } catch { found.push('none'); }
      return found;`;
    const { verdict } = await pool.run(
      scriptRequest(source, {
        pinned: { startedAt, seed: 's' },
        call: async () => ({ envelopeJson: '{}', recordedAt: 0 }),
      }),
    );
    const found = JSON.parse(verdict.kind === 'returned' ? verdict.json : '[]') as unknown[];
    expect(found).toHaveLength(8);
    for (const one of found) expect([startedAt, 'none']).toContain(one);
  });
});
