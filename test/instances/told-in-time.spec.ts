import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import { databaseUrl, isPostgres } from '../support/database.ts';
import { Signalbox } from '../support/signalbox.ts';
import { TcpProxy } from '../support/tcp-proxy.ts';
import { until } from '../support/until.ts';
import { Cluster } from './cluster.ts';

/** Well before the grace is over that a stop gives to what is at hand. */
const SOON_MS = 20_000;

const opened: { stop(): unknown }[] = [];

afterEach(async () => {
  for (const each of opened.splice(0).reverse()) await each.stop();
});

/** An instance that is cut off from its database after it has asked for a command's commit, and before it is answered. */
async function instanceInDoubt() {
  const here = await Signalbox.start();
  opened.push(here);
  const proxy = await TcpProxy.to(await databaseUrl(here.dataFolder));
  opened.push(proxy);
  const away = await Cluster.join(here, { env: { DATABASE_URL: proxy.url } });
  opened.push(away);
  for (let n = 1; ; n++) {
    const cut = proxy.cutNext('COMMIT', 'answered').then(() => proxy.close());
    const created = create(away, `in doubt ${n}`);
    await cut;
    const isThere = await has(here, `in doubt ${n}`);
    if (isThere) return { away, proxy, created };
    // What was cut was a commit of the instance's own.
    expect(n).toBeLessThan(5);
    proxy.open();
    await created;
  }
}

/** @returns how it was answered; null: not at all. */
async function create(signalbox: Signalbox, name: string) {
  try {
    const { status, body } = await signalbox.command('CreateApiClientCommand', { name, role: 'viewer' });
    return { status, code: body.code };
  } catch {
    return null;
  }
}

async function has(signalbox: Signalbox, name: string): Promise<boolean> {
  const { body } = await signalbox.command<{ items: { name: string }[] }>('GetApiClientListQuery');
  return body.data.items.some((client) => client.name === name);
}

describe.runIf(isPostgres)('A command whose commit is in doubt', () => {
  it('is answered well where the database soon says that it is there', async () => {
    const { proxy, created } = await instanceInDoubt();
    setTimeout(() => proxy.open(), 100);
    expect(await created).toMatchObject({ status: 200 });
  }, 60_000);

  it('is answered that nobody knows after five seconds, and the instance goes on when the database is back', async () => {
    const { away, proxy, created } = await instanceInDoubt();
    expect(await created).toEqual({ status: 503, code: 'database.outcome-unknown' });
    proxy.open();
    // The next commit waits for the one in doubt.
    await until(async () => ((await create(away, 'after it'))?.status === 200 ? true : null));
  }, 60_000);

  it('does not keep the server from stopping in time', async () => {
    const { away, created } = await instanceInDoubt();
    const began = performance.now();
    const exit = once(away.child, 'exit');
    away.child.kill('SIGTERM');
    expect(await exit).toEqual([0, null]);
    expect(performance.now() - began).toBeLessThan(SOON_MS);
    expect(await created).toEqual({ status: 503, code: 'database.outcome-unknown' });
  }, 60_000);
});
