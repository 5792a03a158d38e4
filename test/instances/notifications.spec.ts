import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { notificationsOf } from '../integrations/notifications.ts';
import { isPostgres, rowsOf } from '../support/database.ts';
import { FakeMono } from '../support/fake-mono.ts';
import { until } from '../support/until.ts';
import { Cluster } from './cluster.ts';

const EVENTS = 30;
/** Of each event, at the same moment. */
const REPEATS = 4;
const secret = randomBytes(16).toString('hex');
let cluster: Cluster;

beforeAll(async () => {
  if (!isPostgres) return;
  cluster = await Cluster.start(2, { env: { MONO_WEBHOOK_SECRET: secret } });
  await cluster.first.createConfig('mono', { path: '/webhooks/mono/callback' });
});
afterAll(() => cluster?.stop());

/** Sends an event to one instance after the other, without waiting, and again where one is too busy. */
function sendToAll(event: object): Promise<{ status: number | null }[]> {
  const sent = Array.from({ length: REPEATS }, async (_, n) => {
    const url = `${cluster.at(n).url}/api/webhooks/mono/callback`;
    return (await new FakeMono(() => url, secret).deliver(event)).at(-1)!;
  });
  return Promise.all(sent);
}

async function countOf(table: string): Promise<number> {
  const query = `SELECT count(*) AS n FROM ${table}`;
  return (await rowsOf<{ n: number }>(cluster.first.dataFolder, query))[0]!.n;
}

describe.runIf(isPostgres)('A notification that arrives at two instances at the same moment', () => {
  it('is acknowledged by both, and is one: one record, one effect, one run', async () => {
    const events = Array.from({ length: EVENTS }, (_, n) => ({
      event: 'mono.events.account_updated',
      event_id: `evt-${n}`,
      data: { n },
    }));
    const answers = (await Promise.all(events.map(sendToAll))).flat();
    expect(answers.filter(({ status }) => status !== 200)).toEqual([]);
    const all = await until(async () => {
      const found = await notificationsOf(cluster.second);
      return found.every(({ outcome }) => outcome !== 'pending') ? found : null;
    });
    expect(all.map(({ outcome }) => outcome)).toEqual(events.map(() => 'counted'));
    expect(await countOf('integration_effects')).toBe(EVENTS);
    expect(await countOf('events')).toBe(EVENTS);
    expect(await countOf("executions WHERE config_key = 'mono'")).toBe(EVENTS);
  }, 60_000);
});
