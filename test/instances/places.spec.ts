import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isPostgres } from '../support/database.ts';
import { until } from '../support/until.ts';
import { Cluster, isKnown } from './cluster.ts';
import { untilTaken } from './many-calls.ts';

const PLACES = 3;
const CALLS = 60;
let cluster: Cluster;
let open = 0;
let most = 0;
let requests = 0;
/** Takes its time, and counts who is there at once. */
const other = createServer((request, response) => {
  request.resume();
  requests += 1;
  most = Math.max(most, (open += 1));
  setTimeout(() => {
    open -= 1;
    response.end('{}');
  }, 30);
});

beforeAll(async () => {
  if (!isPostgres) return;
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  cluster = await Cluster.start(3, { env: { OUTBOUND_ALLOWED_NETWORKS: '127.0.0.0/8' } });
});
afterAll(async () => {
  await cluster?.stop();
  await new Promise((resolve) => other.close(resolve));
});

async function config(key: string, fields: Record<string, unknown>): Promise<void> {
  const url = `http://127.0.0.1:${(other.address() as AddressInfo).port}/`;
  await cluster.first.createConfig(key, {
    executionCode: `return doCmd('SendHttpRequestCommand', { url: '${url}', method: 'POST' }).success;`,
    maxConcurrency: PLACES,
    ...fields,
  });
  for (const member of cluster.members)
    await isKnown(async () => [200, 202].includes((await member.call(key, {})).status));
}

describe.runIf(isPostgres)('Runs of a configuration with maxConcurrency, called at three instances', () => {
  it('are never more than that at once, and all of them are made', async () => {
    await config('few', { timeoutMs: 30_000 });
    most = 0;
    const calls = Array.from({ length: CALLS }, (_, n) => untilTaken(() => cluster.at(n).call('few', { n })));
    const statuses = (await Promise.all(calls)).map(({ status }) => status);
    expect(statuses).toEqual(statuses.map(() => 200));
    expect(most).toBeLessThanOrEqual(PLACES);
    expect(most).toBeGreaterThan(1);
  });

  it('neither where they are accepted and run afterwards', async () => {
    await config('later', { responseMode: 'async' });
    await until(async () => (open === 0 ? true : null));
    [most, requests] = [0, 0];
    const calls = Array.from({ length: CALLS }, (_, n) =>
      untilTaken(() => cluster.at(n).call('later', { n })),
    );
    const statuses = (await Promise.all(calls)).map(({ status }) => status);
    expect(statuses).toEqual(statuses.map(() => 202));
    await until(async () => (requests >= CALLS && open === 0 ? true : null));
    expect(most).toBeLessThanOrEqual(PLACES);
  });
});
