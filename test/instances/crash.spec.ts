import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { databaseUrl, isPostgres } from '../support/database.ts';
import { Signalbox } from '../support/signalbox.ts';
import { TcpProxy } from '../support/tcp-proxy.ts';
import { Cluster, isKnown } from './cluster.ts';
import { configure } from './load.ts';
import { Story } from './story.ts';

/** A process that is silent for so long is taken for dead. */
const LEASE_MS = 20_000;

let first: Signalbox;
let proxy: TcpProxy;
let members: Signalbox[];
let env: Record<string, string>;
let story: Story;

beforeAll(async () => {
  if (!isPostgres) return;
  first = await Signalbox.start();
  proxy = await TcpProxy.to(await databaseUrl(first.dataFolder));
  env = { DATABASE_URL: proxy.url };
  await configure(first);
  members = await Promise.all([0, 1, 2].map(() => Cluster.join(first, { env })));
  story = new Story(first, members);
  for (const member of members)
    await isKnown(async () => (await member.call('kept', { id: 'known' })).status === 200);
});
afterAll(async () => {
  for (const member of members ?? []) await member.kill();
  await first?.stop();
  await proxy?.stop();
});

describe.runIf(isPostgres)('Three instances under load lose nothing and do nothing twice', () => {
  it('when one of them is killed', async () => {
    const told = await story.underLoad(async () => {
      await members[0]!.kill();
      members[0] = await Cluster.join(first, { env });
    });
    expect(await story.faultsIn(told)).toEqual([]);
  }, 240_000);

  it('when their connections are reset in the middle of what they ask', async () => {
    const cutsBefore = proxy.cuts;
    const told = await story.underLoad(async () => {
      for (let times = 0; times < 5; times++) {
        proxy.cut();
        await sleep(700);
      }
    });
    expect(proxy.cuts - cutsBefore).toBeGreaterThan(20);
    expect(await story.faultsIn(told)).toEqual([]);
  }, 240_000);

  it('when the database takes two seconds longer for everything', async () => {
    const told = await story.underLoad(async () => {
      proxy.delay(1_000);
      await sleep(5_000);
      proxy.delay(0);
    });
    expect(await story.faultsIn(told)).toEqual([]);
  }, 240_000);

  it('when one of them stands still for longer than its lease, and then goes on', async () => {
    const told = await story.underLoad(async () => {
      members[1]!.child.kill('SIGSTOP');
      await sleep(LEASE_MS + 7_000);
      members[1]!.child.kill('SIGCONT');
    });
    expect(await story.faultsIn(told)).toEqual([]);
  }, 240_000);
});
