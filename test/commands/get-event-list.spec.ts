import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Cast, startWithRoles } from '../support/roles.ts';
import { auditOf } from './support/audit-log.ts';
import {
  admitsEveryRole,
  type Attempt,
  isoTime,
  refusesInput,
  refusesStrangers,
} from './support/refusals.ts';

const type = 'GetEventListQuery';
let cast: Cast;
/** Ids of the events, oldest first, and a moment between the third and the fourth. */
const ids: string[] = [];
let middle = '';
const types = ['order', 'order.paid', 'order.paid.late', 'orders.paid', 'order-paid', 'order.sent'];

const attempt: Attempt = { cast: () => cast, type, fields: () => ({}) };

interface Page {
  items: { id: string; payload: unknown }[];
  nextCursor: string | null;
}

async function page(fields: Record<string, unknown>): Promise<Page> {
  const { body } = await cast.signalbox.command<Page>(type, fields);
  if (!body.success) throw new Error(JSON.stringify(body));
  return body.data;
}

async function found(fields: Record<string, unknown>): Promise<string[]> {
  return (await page(fields)).items.map(({ id }) => id);
}

/** Lets the clock move on, so that what follows has a later time. */
async function nextMillisecond(): Promise<number> {
  const before = Date.now();
  while (Date.now() <= before + 1) await new Promise(setImmediate);
  return Date.now();
}

async function publish(fields: Record<string, unknown>): Promise<string> {
  const { body } = await cast.signalbox.command<{ id: string }>('PublishEventCommand', fields);
  return body.data.id;
}

beforeAll(async () => {
  cast = await startWithRoles();
  for (const [n, name] of types.entries()) {
    if (n === 3) {
      middle = new Date(await nextMillisecond()).toISOString();
      await nextMillisecond();
    }
    ids.push(await publish({ type: name, payload: { n } }));
  }
});
afterAll(() => cast.stop());

describe('GetEventListQuery', () => {
  it('answers the newest first, each whole', async () => {
    const answer = await cast.signalbox.command<Page>(type);
    expect(answer.status).toBe(200);
    expect(answer.body.message).toBe('Events retrieved successfully');
    expect(answer.body.data.items.map(({ id }) => id)).toStrictEqual(ids.toReversed());
    expect(answer.body.data.nextCursor).toBeNull();
    expect(answer.body.data.items[0]).toStrictEqual({
      id: ids[5],
      type: 'order.sent',
      payload: { n: 5 },
      accountId: 'default',
      occurredAt: isoTime,
      source: { callerId: expect.stringMatching(/^cli_/), executionId: null },
      deliveriesDisabled: false,
    });
  });

  it('gives each event on exactly one page, and keeps its place while new ones come in', async () => {
    const first = await page({ pageSize: 2, type: 'order.*' });
    const newer = await publish({ type: 'order.later', payload: {} });
    const second = await page({ pageSize: 2, type: 'order.*', cursor: first.nextCursor });
    expect([...first.items, ...second.items].map(({ id }) => id)).toStrictEqual([ids[5], ids[2], ids[1]]);
    expect(second.nextCursor).toBeNull();
    expect(await found({ type: 'order.later' })).toStrictEqual([newer]);
  });

  it('filters by type: exactly, or all below a prefix', async () => {
    expect(await found({ type: 'order' })).toStrictEqual([ids[0]]);
    expect(await found({ type: 'order.paid' })).toStrictEqual([ids[1]]);
    expect(await found({ type: 'order.paid.*' })).toStrictEqual([ids[2]]);
    expect(await found({ type: 'orders.*' })).toStrictEqual([ids[3]]);
    expect(await found({ type: 'Order.paid' })).toStrictEqual([]);
    expect(await found({ type: 'rder.*' })).toStrictEqual([]);
  });

  it('filters by time, both ends included', async () => {
    expect(await found({ to: middle })).toStrictEqual([ids[2], ids[1], ids[0]]);
    expect((await found({ from: middle })).toReversed().slice(0, 3)).toStrictEqual(ids.slice(3));
    expect(await found({ from: middle, to: middle })).toStrictEqual([]);
    const { items } = await page({ type: 'order.paid' });
    const at = (items[0] as unknown as { occurredAt: string }).occurredAt;
    expect(await found({ from: at, to: at })).toContain(ids[1]);
  });

  it('shows nothing of another account, and that account to whom it may concern', async () => {
    const there = await publish({ type: 'there', payload: {}, accountId: 'elsewhere' });
    expect(await found({ type: 'there' })).toStrictEqual([]);
    expect(await found({ accountId: 'elsewhere' })).toStrictEqual([there]);
    const bound = await cast.signalbox.command<Page>(type, {}, cast.as.stranger);
    expect(bound.body.data.items.map(({ id }) => id)).toStrictEqual([there]);
    const curious = await cast.signalbox.command(type, { accountId: 'default' }, cast.as.stranger);
    expect([curious.status, curious.body.code]).toStrictEqual([404, 'access.account-not-found']);
  });

  it('leaves no audit record', async () => {
    expect(await auditOf(cast.signalbox, await cast.signalbox.command(type))).toStrictEqual([]);
  });

  refusesStrangers(attempt);
  admitsEveryRole(attempt);
  refusesInput(attempt, [
    [{ type: 'order*' }, ['Type must be an event type, or the beginning of some with .*']],
    [{ type: '*' }, ['Type must be an event type, or the beginning of some with .*']],
    [{ from: '2026-01-31' }, ['From must be a time in ISO 8601, such as 2026-01-31T12:00:00Z']],
    [{ pageSize: 101 }, ['PageSize must be at most 100']],
    [{ cursor: 'exe_1' }, ['Cursor must be the nextCursor of the page before']],
    [{ search: 'x' }, ['Unknown field "search"']],
  ]);
});
