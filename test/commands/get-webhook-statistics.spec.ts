import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Cast, startWithRoles } from '../support/roles.ts';
import { auditOf } from './support/audit-log.ts';
import { admitsEveryRole, type Attempt, refusesInput, refusesStrangers } from './support/refusals.ts';

const type = 'GetWebHookStatisticsQuery';
let cast: Cast;
let orders: Record<string, unknown>;
let began = 0;

const attempt: Attempt = { cast: () => cast, type, fields: () => ({}) };

interface Item {
  key: string;
  configId: number;
  from: string;
  counts: Record<string, number>;
  total: number;
  durationMs: Record<string, number | null>;
}

async function items(fields: Record<string, unknown> = {}): Promise<Item[]> {
  const { body } = await cast.signalbox.command<{ items: Item[] }>(type, fields);
  if (!body.success) throw new Error(JSON.stringify(body));
  return body.data.items;
}

/** The items of a filter added up: an hour may have ended in between. */
async function sums(fields: Record<string, unknown>): Promise<Record<string, number>> {
  const sum: Record<string, number> = {};
  for (const { counts } of await items(fields))
    for (const [status, count] of Object.entries(counts)) sum[status] = (sum[status] ?? 0) + count;
  return sum;
}

beforeAll(async () => {
  cast = await startWithRoles();
  began = Date.now();
  orders = await cast.signalbox.createConfig('orders', {
    executionCode: 'if (context.body.fail) throw new Error("no");',
  });
  await cast.signalbox.createConfig('bills');
  for (let n = 0; n < 7; n++) await cast.signalbox.call('orders', { fail: n < 2 });
  await cast.signalbox.call('orders', {}, { body: '{' });
  await cast.signalbox.call('bills', {});
});
afterAll(() => cast.stop());

describe('GetWebHookStatisticsQuery', () => {
  it('counts by status in the hour in which each call ended, and says how long those that ran took', async () => {
    const answer = await cast.signalbox.command<{ items: Item[] }>(type, { key: 'orders' });
    expect(answer.status).toBe(200);
    expect(answer.body.message).toBe('Webhook statistics retrieved successfully');
    const [first] = answer.body.data.items;
    expect(first).toStrictEqual({
      key: 'orders',
      configId: orders['id'],
      from: expect.stringMatching(/T\d\d:00:00\.000Z$/),
      counts: {
        succeeded: expect.any(Number),
        failed: expect.any(Number),
        dead: 0,
        ignored: 0,
        rejected: expect.any(Number),
      },
      total: expect.any(Number),
      durationMs: { p50: expect.any(Number), p95: expect.any(Number), p99: expect.any(Number) },
    });
    const { p50, p95, p99 } = first!.durationMs;
    expect(p50).toBeGreaterThan(0);
    expect(p95).toBeGreaterThanOrEqual(p50!);
    expect(p99).toBeGreaterThanOrEqual(p95!);
    expect(await sums({ key: 'orders' })).toEqual({
      succeeded: 5,
      failed: 2,
      dead: 0,
      ignored: 0,
      rejected: 1,
    });
  });

  it.each(['minute', 'hour', 'day'])(
    'begins each %s where it begins in UTC, and loses nothing',
    async (unit) => {
      const length = { minute: 60_000, hour: 3_600_000, day: 86_400_000 }[unit]!;
      const from = new Date(began).toISOString();
      const found = await items({ key: 'orders', unit, from });
      expect(found.reduce((sum, { total }) => sum + total, 0)).toBe(8);
      for (const item of found) {
        expect(Date.parse(item.from) % length).toBe(0);
        expect(item.total).toBe(Object.values(item.counts).reduce((sum, count) => sum + count, 0));
      }
      expect(Date.parse(found[0]!.from)).toBeGreaterThan(began - length);
      expect(Date.parse(found.at(-1)!.from)).toBeLessThanOrEqual(Date.now());
    },
  );

  it('filters by key and by configuration, and has all of them without', async () => {
    expect(await items({ configId: orders['id'] })).toEqual(await items({ key: 'orders' }));
    expect(await items({ key: 'bills', configId: orders['id'] })).toEqual([]);
    expect(await items({ key: 'nobody' })).toEqual([]);
    expect(await items({ configId: 999_999 })).toEqual([]);
    expect(new Set((await items()).map(({ key }) => key))).toEqual(new Set(['bills', 'orders']));
  });

  it('filters by time: units that touch it, whole', async () => {
    const hour = 3_600_000;
    const before = {
      from: new Date(began - 3 * hour).toISOString(),
      to: new Date(began - hour).toISOString(),
    };
    expect(await items(before)).toEqual([]);
    const [{ from: minute }] = (await items({ key: 'bills', unit: 'minute' })) as [Item];
    const lastMs = new Date(Date.parse(minute) + 59_999).toISOString();
    const within = await items({ key: 'bills', unit: 'minute', from: lastMs, to: lastMs });
    expect(within.map(({ total }) => total)).toEqual([1]);
    const next = new Date(Date.parse(minute) + 60_000).toISOString();
    expect(await items({ key: 'bills', unit: 'minute', from: next })).toEqual([]);
  });

  it('covers the last day where no time is given, and the day before `to` where only that is', async () => {
    expect(await items({ to: new Date(began - 2 * 86_400_000).toISOString() })).toEqual([]);
    expect(await sums({ key: 'bills', to: new Date(Date.now() + 80_000_000).toISOString() })).toMatchObject({
      succeeded: 1,
    });
  });

  it('shows nothing of another account', async () => {
    const { body } = await cast.signalbox.command(type, { key: 'orders' }, cast.as.stranger);
    expect(body.data).toStrictEqual({ items: [] });
  });

  it('leaves no audit record', async () => {
    expect(await auditOf(cast.signalbox, await cast.signalbox.command(type))).toStrictEqual([]);
  });

  refusesStrangers(attempt);
  admitsEveryRole(attempt);
  refusesInput(attempt, [
    [{ unit: 'week' }, ['Unit must be one of minute, hour, day']],
    [{ key: 1 }, ['Key must be a string']],
    [{ configId: 0 }, ['ConfigId must be at least 1']],
    [{ from: 'yesterday' }, ['From must be a time in ISO 8601, such as 2026-01-31T12:00:00Z']],
    [{ from: '2026-02-01T00:00:00Z', to: '2026-01-01T00:00:00Z' }, ['From must not be after to']],
    [
      { unit: 'minute', from: '2026-01-01T00:00:00Z', to: '2026-01-02T01:00:00Z' },
      ['From and to must be at most 1500 minutes apart: take a larger unit or less time'],
    ],
    [{ pageSize: 5 }, ['Unknown field "pageSize"']],
  ]);

  it('takes 1,500 units and not one more', async () => {
    const from = '2026-01-01T00:00:00Z';
    expect(await items({ unit: 'minute', from, to: '2026-01-02T00:59:59Z' })).toEqual([]);
    const { status } = await cast.signalbox.command(type, {
      unit: 'minute',
      from,
      to: '2026-01-02T01:00:00Z',
    });
    expect(status).toBe(400);
  });
});
