import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isPostgres } from '../support/database.ts';
import { type OwnServer, startOwnServer } from '../support/postgres/own-server.ts';
import { Cluster, isKnown } from './cluster.ts';
import { configure } from './load.ts';
import { Story } from './story.ts';

let server: OwnServer;
let cluster: Cluster;
let story: Story;

beforeAll(async () => {
  if (!isPostgres) return;
  server = await startOwnServer();
  cluster = await Cluster.start(3);
  story = new Story(cluster.first, cluster.members);
  await configure(cluster.first);
  for (const member of cluster.members)
    await isKnown(async () => (await member.call('kept', { id: 'known' })).status === 200);
});
afterAll(async () => {
  await cluster?.stop();
  await server?.end();
});

describe.runIf(isPostgres)('A PostgreSQL that falls under load and comes back', () => {
  it('costs nothing that was acknowledged, and nothing happens twice', async () => {
    const told = await story.underLoad(async () => {
      for (let times = 0; times < 3; times++) {
        await server.restart();
        await sleep(2_000);
      }
    });
    expect(told.failures).toBeGreaterThan(0);
    expect(await story.faultsIn(told)).toEqual([]);
    for (const member of cluster.members) expect(member.child.exitCode).toBeNull();
  }, 240_000);
});
