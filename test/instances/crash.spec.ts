import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { databaseUrl, isPostgres, rowsOf } from '../support/database.ts';
import { Signalbox } from '../support/signalbox.ts';
import { TcpProxy } from '../support/tcp-proxy.ts';
import { Cluster, isKnown } from './cluster.ts';
import { configure, Load, type Told } from './load.ts';

/** A process that is silent for so long is taken for dead. */
const LEASE_MS = 20_000;
/** Until everything that was accepted has ended, once all is well again. */
const DRAIN_MS_MAX = 90_000;

let first: Signalbox;
let proxy: TcpProxy;
let members: Signalbox[];
let env: Record<string, string>;

beforeAll(async () => {
  if (!isPostgres) return;
  first = await Signalbox.start();
  proxy = await TcpProxy.to(await databaseUrl(first.dataFolder));
  env = { DATABASE_URL: proxy.url };
  await configure(first);
  members = await Promise.all([0, 1, 2].map(() => Cluster.join(first, { env })));
  for (const member of members)
    await isKnown(async () => (await member.call('kept', { id: 'known' })).status === 200);
});
afterAll(async () => {
  for (const member of members ?? []) await member.kill();
  await first?.stop();
  await proxy?.stop();
});

/** Calls under way while `fault` happens, and for a while afterwards. @returns what the callers were told. */
async function underLoad(fault: () => Promise<void>): Promise<Told> {
  const load = new Load((n) => members[n % members.length]!);
  await sleep(1_000);
  await fault();
  await sleep(1_500);
  const told = await load.end();
  const began = performance.now();
  while ((await unfinished()) > 0) {
    if (performance.now() - began > DRAIN_MS_MAX) break;
    await sleep(100);
  }
  return told;
}

const unfinished = async () =>
  (await rowsOf(first.dataFolder, `SELECT id FROM queue_jobs`)).length +
  (
    await rowsOf(
      first.dataFolder,
      `SELECT id FROM executions WHERE config_key = 'lined' AND status IN ('received', 'running')`,
    )
  ).length;

interface Published {
  type: string;
  payload: { id: string; line: string; n: number };
}

/** All events, the oldest first. */
async function published(): Promise<Published[]> {
  const all: Published[] = [];
  for (let cursor: string | null | undefined; cursor !== null;) {
    const { body } = await first.command<{ items: Published[]; nextCursor: string | null }>(
      'GetEventListQuery',
      {
        type: 'order.*',
        pageSize: 100,
        ...(cursor !== undefined && { cursor }),
      },
    );
    all.push(...body.data.items);
    cursor = body.data.nextCursor;
  }
  return all.reverse();
}

/** Every acknowledged call has had its effect, no effect was had twice, and the lines kept their order. */
async function expectWhole(told: Told): Promise<void> {
  expect(told.kept.size).toBeGreaterThan(5);
  const kept = new Map<string, number>();
  const lined = new Map<string, number[]>();
  for (const { type, payload } of await published()) {
    if (type === 'order.kept') kept.set(payload.id, (kept.get(payload.id) ?? 0) + 1);
    else lined.set(payload.line, [...(lined.get(payload.line) ?? []), payload.n]);
  }
  expect([...kept].filter(([, times]) => times !== 1)).toEqual([]);
  expect([...told.kept.keys()].filter((id) => !kept.has(id))).toEqual([]);
  for (const [line, sent] of told.lined) {
    const done = lined.get(line) ?? [];
    expect(sent.filter((n) => !done.includes(n))).toEqual([]);
    expect(new Set(done).size).toBe(done.length);
    expect(done).toEqual([...done].sort((a, b) => a - b));
  }
}

describe.runIf(isPostgres)('Three instances under load lose nothing and do nothing twice', () => {
  it('when one of them is killed', async () => {
    const told = await underLoad(async () => {
      await members[0]!.kill();
      members[0] = await Cluster.join(first, { env });
    });
    await expectWhole(told);
  }, 240_000);

  it('when their connections are reset in the middle of what they ask', async () => {
    const cutsBefore = proxy.cuts;
    const told = await underLoad(async () => {
      for (let times = 0; times < 5; times++) {
        proxy.cut();
        await sleep(700);
      }
    });
    expect(proxy.cuts - cutsBefore).toBeGreaterThan(20);
    await expectWhole(told);
  }, 240_000);

  it('when the database takes two seconds longer for everything', async () => {
    const told = await underLoad(async () => {
      proxy.delay(1_000);
      await sleep(5_000);
      proxy.delay(0);
    });
    await expectWhole(told);
  }, 240_000);

  it('when one of them stands still for longer than its lease, and then goes on', async () => {
    const told = await underLoad(async () => {
      members[1]!.child.kill('SIGSTOP');
      await sleep(LEASE_MS + 7_000);
      members[1]!.child.kill('SIGCONT');
    });
    await expectWhole(told);
  }, 240_000);
});
