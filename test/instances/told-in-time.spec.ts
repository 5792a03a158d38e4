import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import { databaseUrl, isPostgres } from '../support/database.ts';
import { Signalbox } from '../support/signalbox.ts';
import { TcpProxy } from '../support/tcp-proxy.ts';
import { until } from '../support/until.ts';
import { Cluster } from './cluster.ts';

/** What a stop may take (docs/operations.md). */
const STOP_MS_MAX = 30_000;

const opened: { stop(): unknown }[] = [];

afterEach(async () => {
  for (const each of opened.splice(0).reverse()) await each.stop();
});

/** An instance that is cut off from its database after it has asked for a commit, and before it is answered; another one is not. */
async function instanceInDoubt() {
  const here = await Signalbox.start();
  opened.push(here);
  const proxy = await TcpProxy.to(await databaseUrl(here.dataFolder));
  opened.push(proxy);
  const away = await Cluster.join(here, { env: { DATABASE_URL: proxy.url } });
  opened.push(away);
  const cut = proxy.cutNext('COMMIT', 'answered').then(() => proxy.close());
  const created = away.command('CreateApiClientCommand', { name: 'in doubt', role: 'viewer' }).then(
    ({ status, body }) => ({ status, code: body.code, at: performance.now() }),
    () => null,
  );
  await cut;
  const isThere = async () => {
    const { body } = await here.command<{ items: { name: string }[] }>('GetApiClientListQuery');
    return body.data.items.some(({ name }) => name === 'in doubt');
  };
  return { away, proxy, created, isThere };
}

describe.runIf(isPostgres)('A command whose commit is in doubt', () => {
  it('is answered well where the database soon says that it is there', async () => {
    const { proxy, created, isThere } = await instanceInDoubt();
    setTimeout(() => proxy.open(), 1_000);
    expect(await created).toMatchObject({ status: 200 });
    expect(await isThere()).toBe(true);
  }, 60_000);

  it('is answered that nobody knows after five seconds; what was there is there, and known to the instance afterwards', async () => {
    const began = performance.now();
    const { away, proxy, created, isThere } = await instanceInDoubt();
    const told = await created;
    expect(told).toMatchObject({ status: 503, code: 'database.outcome-unknown' });
    expect(told!.at - began).toBeGreaterThan(5_000);
    expect(await isThere()).toBe(true);
    proxy.open();
    // The next commit waits for the one in doubt.
    await until(async () => {
      const { status } = await away.command('CreateApiClientCommand', { name: 'after it', role: 'viewer' });
      return status === 200 ? true : null;
    });
  }, 60_000);

  it('does not keep the server from stopping in time', async () => {
    const { away, created } = await instanceInDoubt();
    const began = performance.now();
    const exit = once(away.child, 'exit');
    away.child.kill('SIGTERM');
    expect(await exit).toEqual([0, null]);
    expect(performance.now() - began).toBeLessThan(STOP_MS_MAX);
    expect(await created).toMatchObject({ status: 503, code: 'database.outcome-unknown' });
  }, 60_000);
});
