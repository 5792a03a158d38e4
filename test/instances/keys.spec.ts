import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CountingServer } from '../support/counting-server.ts';
import { isPostgres } from '../support/database.ts';
import { until } from '../support/until.ts';
import { Cluster, isKnown } from './cluster.ts';
import { untilTaken } from './many-calls.ts';

const KEYS = 60;
let cluster: Cluster;
let other: CountingServer;

beforeAll(async () => {
  if (!isPostgres) return;
  other = await CountingServer.start();
  cluster = await Cluster.start(3, { env: { OUTBOUND_ALLOWED_NETWORKS: '127.0.0.0/8' } });
  await cluster.first.createConfig('once', {
    executionCode: `return doCmd('SendHttpRequestCommand', { url: context.body.url, method: 'POST' }).success;`,
    idempotency: { key: '=request.body.id' },
    timeoutMs: 20_000,
  });
  for (const member of cluster.members)
    await isKnown(async () => (await call(member, 'known', '/known')).status === 200);
});
afterAll(async () => {
  await cluster?.stop();
  await other?.stop();
});

const call = (member: Cluster['first'], id: string, path: string) =>
  member.call('once', { id, url: other.url(path) });

describe.runIf(isPostgres)('A call with an idempotency key, made at three instances at once', () => {
  it('has one effect, one execution and one answer', async () => {
    const calls = Array.from({ length: KEYS * cluster.members.length }, async (_, n) => {
      const id = `key-${n % KEYS}`;
      const { status, text, execution } = await untilTaken(() =>
        call(cluster.at(Math.floor(n / KEYS)), id, `/once/${id}`),
      );
      const { data, code } = JSON.parse(text) as { data: unknown; code?: string };
      return { id, status, data, code, execution };
    });
    const answers = await Promise.all(calls);
    expect(other.counts('/once/')).toEqual(
      Object.fromEntries(Array.from({ length: KEYS }, (_, n) => [`key-${n}`, 1])),
    );
    expect(answers.filter(({ status, data }) => status !== 200 || data !== true)).toEqual([]);
    const executions = new Set(answers.map(({ id, execution }) => `${id} ${execution}`));
    expect(executions.size).toBe(KEYS);
  });

  it('is answered with a ticket where another instance is at it for longer than the caller waits', async () => {
    await cluster.first.createConfig('slow', {
      executionCode: `return doCmd('SendHttpRequestCommand', { url: context.body.url, method: 'POST' }).success;`,
      idempotency: { key: '=request.body.id' },
      timeoutMs: 500,
    });
    await isKnown(async () => {
      const { status } = await cluster.second.call('slow', { id: 'known', url: other.url('/known') });
      return status === 200;
    });
    const letGo = other.hold('/slow');
    const body = { id: 'a', url: other.url('/slow') };
    const first = cluster.first.call('slow', body);
    await until(async () => (other.counts('/slow')[''] === 1 ? true : null));
    const repeat = await cluster.second.call('slow', body);
    expect(repeat.status).toBe(202);
    expect(repeat.headers.get('x-execution-id')).toBe((await first).headers.get('x-execution-id'));
    letGo();
    const ticket = new URL(repeat.headers.get('location')!, cluster.second.url);
    const result = await until(async () => {
      const response = await fetch(ticket);
      return response.status === 200 ? ((await response.json()) as { data: unknown }) : null;
    });
    expect(result.data).toBe(true);
    expect(other.counts('/slow')).toEqual({ '': 1 });
  });
});
