import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Notification, settled } from '../integrations/notifications.ts';
import { FakeMono } from '../support/fake-mono.ts';
import { type Cast, startWithRoles } from '../support/roles.ts';
import { auditOf } from './support/audit-log.ts';
import { admitsEveryRole, type Attempt, refusesInput, refusesStrangers } from './support/refusals.ts';

const type = 'GetIntegrationNotificationListQuery';
const secret = randomBytes(16).toString('hex');
let cast: Cast;
/** Ids of the notifications, the oldest first. */
const ids: string[] = [];

const attempt: Attempt = { cast: () => cast, type, fields: () => ({}) };

interface Page {
  items: (Notification & { receivedAt: string })[];
  nextCursor: string | null;
}

async function page(fields: Record<string, unknown>): Promise<Page> {
  const { status, body } = await cast.signalbox.command<Page>(type, fields);
  if (status !== 200) throw new Error(JSON.stringify(body));
  return body.data;
}

const found = async (fields: Record<string, unknown>) => (await page(fields)).items.map(({ id }) => id);

beforeAll(async () => {
  cast = await startWithRoles({ MONO_WEBHOOK_SECRET: secret });
  const url = `${cast.signalbox.url}/api/webhooks/mono/callback`;
  const mono = new FakeMono(() => url, secret);
  for (const [n, event] of ['a', 'b', 'b', 'c'].entries()) {
    await mono.send({ event, event_id: `evt-${n}`, data: { n } });
    ids.push((await settled(cast.signalbox, { providerId: `evt-${n}` })).id);
  }
  await fetch(`${url}?status=successful`);
  ids.push((await settled(cast.signalbox, { kind: 'redirect' })).id);
});
afterAll(() => cast.stop());

describe('GetIntegrationNotificationListQuery', () => {
  it('answers the newest first, without what only one by itself has', async () => {
    const answer = await cast.signalbox.command<Page>(type);
    expect([answer.status, answer.body.message]).toStrictEqual([200, 'Notifications retrieved successfully']);
    expect(answer.body.data.items.map(({ id }) => id)).toStrictEqual(ids.toReversed());
    expect(answer.body.data.nextCursor).toBeNull();
    for (const item of answer.body.data.items)
      for (const name of ['rawBase64', 'data', 'fields', 'payload', 'receiptHash', 'effectHash'])
        expect(item).not.toHaveProperty(name);
  });

  it('gives each on exactly one page', async () => {
    const seen: string[] = [];
    for (let cursor: string | null | undefined; cursor !== null;) {
      const next: Page = await page({ pageSize: 2, ...(cursor !== undefined && { cursor }) });
      expect(next.items.length).toBeLessThanOrEqual(2);
      seen.push(...next.items.map(({ id }) => id));
      cursor = next.nextCursor;
    }
    expect(seen).toStrictEqual(ids.toReversed());
  });

  it('filters by each of its fields, one narrowing the other', async () => {
    expect(await found({ kind: 'b' })).toStrictEqual([ids[2], ids[1]]);
    expect(await found({ providerId: 'evt-3' })).toStrictEqual([ids[3]]);
    expect(await found({ kind: 'b', providerId: 'evt-3' })).toStrictEqual([]);
    expect(await found({ state: 'unverified' })).toStrictEqual([ids[4]]);
    expect(await found({ outcome: 'counted' })).toStrictEqual(ids.slice(0, 4).toReversed());
    expect(await found({ provider: 'mono' })).toHaveLength(5);
    expect(await found({ provider: 'remita' })).toStrictEqual([]);
  });

  it('filters by time, both ends included', async () => {
    const { items } = await page({ providerId: 'evt-2' });
    const at = items[0]!.receivedAt;
    expect(await found({ from: at, to: at })).toContain(ids[2]);
    expect((await found({ to: at })).at(-1)).toBe(ids[0]);
    expect((await found({ from: at }))[0]).toBe(ids[4]);
    expect(await found({ from: '2099-01-01T00:00:00Z' })).toStrictEqual([]);
  });

  it('shows nothing of another account', async () => {
    const { body } = await cast.signalbox.command<Page>(type, {}, cast.as.stranger);
    expect(body.data.items).toStrictEqual([]);
  });

  it('leaves no audit record', async () => {
    expect(await auditOf(cast.signalbox, await cast.signalbox.command(type))).toStrictEqual([]);
  });

  refusesStrangers(attempt);
  admitsEveryRole(attempt);
  refusesInput(attempt, [
    [{ state: 'paid' }, ['State must be one of unverified, verified, refuted, unverifiable']],
    [{ from: '2026-01-31' }, ['From must be a time in ISO 8601, such as 2026-01-31T12:00:00Z']],
    [{ pageSize: 101 }, ['PageSize must be at most 100']],
    [{ cursor: 'exe_1' }, ['Cursor must be the nextCursor of the page before']],
    [{ search: 'x' }, ['Unknown field "search"']],
  ]);
});
