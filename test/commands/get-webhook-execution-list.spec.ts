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

const type = 'GetWebHookExecutionListQuery';
let cast: Cast;
let orders: Record<string, unknown>;
/** Ids of five calls of `orders` and one of `failing`, oldest first, and a moment between the second and the third. */
const ids: string[] = [];
let middle = '';

const attempt: Attempt = { cast: () => cast, type, fields: () => ({}) };
const statuses = 'received, running, succeeded, failed, dead, ignored, rejected';

interface Page {
  items: Record<string, unknown>[];
  nextCursor: string | null;
}

async function page(fields: Record<string, unknown>): Promise<Page> {
  const { body } = await cast.signalbox.command<Page>(type, fields);
  if (!body.success) throw new Error(JSON.stringify(body));
  return body.data;
}

async function found(fields: Record<string, unknown>): Promise<unknown[]> {
  return (await page(fields)).items.map(({ id }) => id);
}

/** Lets the clock move on, so that what follows has a later time. */
async function nextMillisecond(): Promise<number> {
  const before = Date.now();
  while (Date.now() <= before + 1) await new Promise(setImmediate);
  return Date.now();
}

async function call(key: string): Promise<void> {
  const response = await cast.signalbox.call(key, { n: ids.length });
  ids.push(response.headers.get('x-execution-id') ?? '');
}

beforeAll(async () => {
  cast = await startWithRoles();
  orders = await cast.signalbox.createConfig('orders');
  await cast.signalbox.createConfig('failing', { executionCode: 'throw new Error("no");' });
  for (let n = 0; n < 2; n++) await call('orders');
  middle = new Date(await nextMillisecond()).toISOString();
  await nextMillisecond();
  for (let n = 0; n < 3; n++) await call('orders');
  await call('failing');
});
afterAll(() => cast.stop());

describe('GetWebHookExecutionListQuery', () => {
  it('answers the newest first, each with what a list needs', async () => {
    const answer = await cast.signalbox.command<Page>(type);
    expect(answer.status).toBe(200);
    expect(answer.body.message).toBe('Webhook executions retrieved successfully');
    expect(answer.body.data.items.map(({ id }) => id)).toStrictEqual(ids.toReversed());
    expect(answer.body.data.nextCursor).toBeNull();
    expect(answer.body.data.items.at(-1)).toStrictEqual({
      id: ids[0],
      configId: orders['id'],
      configVersion: 1,
      key: 'orders',
      method: 'POST',
      path: '/api/webhooks/dynamic/orders',
      ip: '127.0.0.1',
      status: 'succeeded',
      code: null,
      answerStatus: 200,
      receivedAt: isoTime,
      finishedAt: isoTime,
      durationMs: expect.any(Number),
      attempt: 1,
      nextAttemptAt: null,
      idempotencyKey: null,
      replayOf: null,
    });
  });

  it('gives each execution on exactly one page, and null as the cursor of the last', async () => {
    const seen: unknown[] = [];
    let cursor: string | null = null;
    let pages = 0;
    do {
      const { items, nextCursor }: Page = await page({ pageSize: 2, ...(cursor !== null && { cursor }) });
      seen.push(...items.map(({ id }) => id));
      cursor = nextCursor;
      pages++;
    } while (cursor !== null);
    expect(seen).toStrictEqual(ids.toReversed());
    expect(pages).toBe(3);
  });

  it('keeps its place while new executions come in', async () => {
    const first = await page({ key: 'orders', pageSize: 2 });
    await cast.signalbox.createConfig('meanwhile');
    await cast.signalbox.call('meanwhile', {});
    expect(await found({ key: 'orders', pageSize: 2, cursor: first.nextCursor })).toStrictEqual([
      ids[2],
      ids[1],
    ]);
  });

  it('filters by key, configuration and status', async () => {
    const own = ids.slice(0, 5).toReversed();
    expect(await found({ key: 'orders' })).toStrictEqual(own);
    expect(await found({ configId: orders['id'] })).toStrictEqual(own);
    expect(await found({ status: 'failed' })).toStrictEqual([ids[5]]);
    expect(await found({ status: 'failed', key: 'orders' })).toStrictEqual([]);
    expect(await found({ key: 'Orders' })).toStrictEqual([]);
    expect(await found({ configId: 999_999 })).toStrictEqual([]);
  });

  it('filters by time, from and to', async () => {
    expect(await found({ key: 'orders', from: middle })).toStrictEqual([ids[4], ids[3], ids[2]]);
    expect(await found({ key: 'orders', to: middle })).toStrictEqual([ids[1], ids[0]]);
    expect(await found({ from: middle, to: middle })).toStrictEqual([]);
  });

  it('takes a time with an offset for the moment that it is', async () => {
    const shifted = new Date(Date.parse(middle) + 3_600_000).toISOString().replace('Z', '+01:00');
    expect(await found({ key: 'orders', to: shifted })).toStrictEqual([ids[1], ids[0]]);
  });

  it('finds the beginning of an id, a key or a path, never their middle', async () => {
    expect(await found({ search: ids[3] })).toStrictEqual([ids[3]]);
    expect(await found({ search: 'fail' })).toStrictEqual([ids[5]]);
    expect(await found({ search: '/api/webhooks/dynamic/fail' })).toStrictEqual([ids[5]]);
    expect(await found({ search: 'ailing' })).toStrictEqual([]);
  });

  it('takes the wildcards of the database for the letters that they are', async () => {
    for (const search of ['%', '_', "' OR 1=1 --", '\\']) expect(await found({ search })).toStrictEqual([]);
  });

  it('shows nothing of another account', async () => {
    const { body } = await cast.signalbox.command<Page>(type, {}, cast.as.stranger);
    expect(body.data).toStrictEqual({ items: [], nextCursor: null });
    const byConfig = await cast.signalbox.command<Page>(type, { configId: orders['id'] }, cast.as.stranger);
    expect(byConfig.body.data.items).toStrictEqual([]);
  });

  it('leaves no audit record', async () => {
    expect(await auditOf(cast.signalbox, await cast.signalbox.command(type))).toStrictEqual([]);
  });

  refusesStrangers(attempt);
  admitsEveryRole(attempt);
  refusesInput(attempt, [
    [{ key: 1 }, ['Key must be a string']],
    [{ configId: 0 }, ['ConfigId must be at least 1']],
    [{ status: 'done' }, [`Status must be one of ${statuses}`]],
    [{ from: 'yesterday' }, ['From must be a time in ISO 8601, such as 2026-01-31T12:00:00Z']],
    [{ from: '2026-01-31' }, ['From must be a time in ISO 8601, such as 2026-01-31T12:00:00Z']],
    [{ to: '2026-02-30T00:00:00Z' }, ['To must be a time in ISO 8601, such as 2026-01-31T12:00:00Z']],
    [{ pageSize: 101 }, ['PageSize must be at most 100']],
    [{ pageSize: 0 }, ['PageSize must be at least 1']],
    [{ cursor: 'next' }, ['Cursor must be the nextCursor of the page before']],
    [{ search: 'x'.repeat(201) }, ['Search must be at most 200 characters long']],
    [{ pageNumber: 1 }, ['Unknown field "pageNumber"']],
  ]);
});
