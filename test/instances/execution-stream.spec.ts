import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { requestText, speak } from '../security/raw-socket.ts';
import { databaseOf, isPostgres } from '../support/database.ts';
import { EventReader } from '../support/event-reader.ts';
import { withSuperuser } from '../support/postgres/databases.ts';
import type { Signalbox } from '../support/signalbox.ts';
import { Cluster, isKnown } from './cluster.ts';
import { untilTaken } from './many-calls.ts';

let cluster: Cluster;
const readers: EventReader[] = [];

beforeAll(async () => {
  if (!isPostgres) return;
  cluster = await Cluster.start(2);
  await cluster.first.createConfig('orders');
  await cluster.first.createConfig('long', { path: `/webhooks/${'long/'.repeat(50)}:rest` });
  await cluster.first.createConfig('later', { responseMode: 'async' });
  await isKnown(async () => (await cluster.second.call('later', {})).status === 202);
});
afterEach(() => {
  for (const reader of readers.splice(0)) reader.close();
});
afterAll(async () => {
  if (isPostgres) await cluster.stop();
});

async function open(at: Signalbox, query = '', lastEventId?: string): Promise<EventReader> {
  const headers = { 'X-API-Key': at.apiKey, ...(lastEventId && { 'Last-Event-ID': lastEventId }) };
  const reader = await EventReader.open(at.url, headers, query);
  readers.push(reader);
  return reader;
}

async function idOf(call: () => Promise<Response>): Promise<string> {
  return (await untilTaken(call)).execution ?? '';
}

/** A stream ends where its instance stood still for so long that it may have missed something: then once more, with new ones. */
async function undisturbed(happens: () => Promise<void>): Promise<void> {
  for (let times = 1; ; times++) {
    try {
      return await happens();
    } catch (cause) {
      if (times === 3 || !readers.some(({ hasEnded }) => hasEnded)) throw cause;
      for (const reader of readers.splice(0)) reader.close();
    }
  }
}

describe.runIf(isPostgres)('The stream of executions at one of two instances', () => {
  it('shows what happens at both, as the list shows it, and each change once', () =>
    undisturbed(async () => {
      const [first, second] = [
        await open(cluster.first, '?key=orders'),
        await open(cluster.second, '?key=orders'),
      ];
      const ids: string[] = [];
      for (let n = 0; n < 10; n++) ids.push(await idOf(() => cluster.at(n).call('orders', { n })));
      for (const reader of [first, second]) {
        await reader.until(({ events }) => events.length === ids.length);
        expect(new Set(reader.changes)).toEqual(new Set(ids.map((id) => `${id} succeeded`)));
      }
      const list = await cluster.first.command<{ items: { id: string }[] }>('GetWebHookExecutionListQuery', {
        key: 'orders',
      });
      const shown = new Map(list.body.data.items.map((item) => [item.id, item]));
      for (const { data } of first.events) expect(data).toEqual(shown.get(data['id'] as string));
    }));

  it('tells of a call that one has accepted, whoever runs it, and last of its end', () =>
    undisturbed(async () => {
      const reader = await open(cluster.first, '?key=later');
      const ids: string[] = [];
      for (let n = 0; n < 20; n++) ids.push(await idOf(() => cluster.second.call('later', { n })));
      const isOver = (id: string) => reader.changes.includes(`${id} succeeded`);
      await reader.until(() => ids.every(isOver));
      // What another tells late would have come before this.
      const last = await idOf(() => cluster.second.call('later', {}));
      await reader.until(() => isOver(last));
      for (const id of ids)
        expect(reader.changes.findLast((change) => change.startsWith(id))).toBe(`${id} succeeded`);
    }));

  it('shows a call whose address is too long for a message, with the beginning of it', () =>
    undisturbed(async () => {
      const reader = await open(cluster.first, '?key=long');
      const path = `/api/webhooks/${'long/'.repeat(50)}`;
      for (const rest of ['x'.repeat(8_000), '"'.repeat(2_000)]) {
        // As it is: fetch would write the quotes otherwise.
        const { statuses } = await speak(cluster.second.url, requestText(`POST ${path}${rest}`));
        expect(statuses).toEqual([200]);
        await reader.until(({ events }) => events.at(-1)?.data['path'] === (path + rest).slice(0, 300));
      }
    }));

  it('takes no notice of what nobody with the key of the installation has told', () =>
    undisturbed(async () => {
      const reader = await open(cluster.first, '?key=orders');
      const talk = `SELECT pg_notify('signalbox_talk', text)
      FROM unnest(ARRAY['', 'x', 'a b', 'executions changed [null]', 'a ' || repeat('QUJD', 100)]) AS given (text)`;
      await withSuperuser((client) => client.query(talk), databaseOf(cluster.first.dataFolder));
      const shown = `${await idOf(() => cluster.second.call('orders', {}))} succeeded`;
      await reader.until(({ events }) => events.length === 1);
      expect(reader.changes).toEqual([shown]);
    }));

  it('ends where messages may have been lost, and says so to whoever comes again', async () => {
    const reader = await open(cluster.first, '?key=orders');
    await idOf(() => cluster.second.call('orders', {}));
    await reader.until(({ events }) => events.length === 1);
    const cut = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE datname = $1 AND application_name = 'signalbox changes'`;
    await withSuperuser((client) => client.query(cut, [databaseOf(cluster.first.dataFolder)]));
    await reader.until(({ hasEnded }) => hasEnded);
    await isKnown(async () => (await cluster.second.call('orders', {})).status === 200);
    let again = await open(cluster.first, '?key=orders', reader.lastEventId);
    await again.until(({ changes }) => changes.includes('reset'));
    // The other has lost its connection too, and says so when it has another one.
    for (let isShown = false, times = 0; !isShown; times++) {
      expect(times).toBeLessThan(4);
      if (again.hasEnded) again = await open(cluster.first, '?key=orders', again.lastEventId);
      const shown = `${await idOf(() => cluster.second.call('orders', {}))} succeeded`;
      await again.until(({ changes, hasEnded }) => hasEnded || changes.includes(shown));
      isShown = again.changes.includes(shown);
    }
  });
});
