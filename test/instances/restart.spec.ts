import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isPostgres } from '../support/database.ts';
import { type OwnServer, startOwnServer } from '../support/postgres/own-server.ts';
import type { Cluster } from './cluster.ts';
import { startCluster } from './many-calls.ts';
import { Story } from './story.ts';

/** Longer than a connection may take to be made, and than a transaction may stand still. */
const LONG_MS = 12_000;

let server: OwnServer;
let cluster: Cluster;
let story: Story;

beforeAll(async () => {
  if (!isPostgres) return;
  server = await startOwnServer();
  cluster = await startCluster();
  story = new Story(cluster.first, cluster.members);
});
afterAll(async () => {
  await cluster?.stop();
  await server?.end();
});

describe.runIf(isPostgres)('A PostgreSQL that falls under load and comes back', () => {
  it('costs nothing that was acknowledged, and nothing happens twice', async () => {
    const told = await story.underLoad(async () => {
      for (let times = 0; times < 3; times++) {
        await server.restart(times === 1 ? LONG_MS : 0);
        await sleep(2_000);
      }
    });
    expect(told.failures).toBeGreaterThan(0);
    expect(await story.faultsIn(told)).toEqual([]);
    for (const member of cluster.members) expect(member.child.exitCode).toBeNull();
  }, 240_000);
});
