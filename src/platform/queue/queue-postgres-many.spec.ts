import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { collect, idOf, job, noLimit, until } from '../../../test/contracts/queue-harness.ts';
import { databaseUrl, isPostgres, rowsOf } from '../../../test/support/database.ts';
import { type QueueProcess, queueProcess } from '../../../test/support/queue-process.ts';
import { Sealer } from '../sealing.ts';
import type { Job } from './index.ts';

const sealer = new Sealer(randomBytes(32));
let folder: string;
let url: string;
let all: QueueProcess[];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'queue-'));
  all = [];
  if (isPostgres) url = await databaseUrl(folder);
});

afterEach(async () => {
  for (const process of all) await process.end();
  rmSync(folder, { recursive: true, force: true });
});

async function open(roles?: { http: boolean; worker: boolean }): Promise<QueueProcess> {
  const process = await queueProcess(url, sealer, roles);
  all.push(process);
  return process;
}

const openMany = (count: number) => Promise.all(Array.from({ length: count }, () => open()));
const jobsLeft = async () =>
  Number((await rowsOf<{ count: number }>(folder, 'SELECT count(*) AS count FROM queue_jobs'))[0]!.count);
const noneIsLeft = () => until(async () => (await jobsLeft()) === 0);
const moment = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Jobs as they were run, in whichever process. */
interface Ran {
  by: QueueProcess;
  one: Job;
}

/** Each process notes what it runs, one list for all; `work` is awaited before the job is ended. */
function noteAll(work: (ran: Ran) => Promise<unknown> = () => moment(1)): Ran[] {
  const ran: Ran[] = [];
  for (const by of all) {
    by.queue.handle('test', {
      admit: noLimit,
      run: async (one) => {
        ran.push({ by, one });
        await work({ by, one });
        await by.queue.end(one, []);
      },
    });
  }
  return ran;
}

const startAll = () => Promise.all(all.map(({ queue }) => queue.start()));
const idsIn = (ran: readonly Ran[]) => ran.map(({ one }) => one.id).toSorted();

describe.runIf(isPostgres)('processes on one queue', () => {
  it('run each of 1,500 jobs once, and each of them some', async () => {
    await openMany(3);
    const ran = noteAll();
    await startAll();
    await Promise.all(
      Array.from({ length: 1_500 }, (_, n) =>
        all[n % 2]!.queue.add(
          job(idOf(n), { lane: `lane ${n % 5}`, group: n % 3 ? null : `g ${n % 50}` }),
          [],
        ),
      ),
    );
    await noneIsLeft();
    expect(idsIn(ran)).toEqual(Array.from({ length: 1_500 }, (_, n) => idOf(n)));
    for (const process of all) expect(ran.filter(({ by }) => by === process).length).toBeGreaterThan(50);
  });

  it('run one job of a group at a time and in order, also where some are tried again', async () => {
    await openMany(3);
    const running = new Set<string>();
    const attempts: string[] = [];
    for (const { queue } of all) {
      queue.handle('test', {
        admit: noLimit,
        run: async (one) => {
          expect(running).not.toContain(one.group);
          running.add(one.group!);
          await moment(Math.random() * 3);
          attempts.push(`${one.group} ${one.id} ${one.attempt}`);
          running.delete(one.group!);
          if (one.attempt === 1 && one.id.endsWith('7')) await queue.retry(one, Date.now() + 20, []);
          else await queue.end(one, []);
        },
      });
    }
    await startAll();
    await Promise.all(
      Array.from({ length: 600 }, (_, n) =>
        all[0]!.queue.add(job(idOf(n), { lane: `lane ${n % 2}`, group: `group ${n % 20}` }), []),
      ),
    );
    await noneIsLeft();
    expect(attempts).toHaveLength(660);
    const byGroup = Map.groupBy(attempts, (attempt) => attempt.slice(0, attempt.indexOf(' job')));
    for (const ofGroup of byGroup.values()) expect(ofGroup).toEqual([...ofGroup].sort());
    expect(all.flatMap(({ stumbles }) => stumbles)).toEqual([]);
  });

  it('run one job of a group at a time also where the first of it comes late', async () => {
    await openMany(3);
    const running = new Map<string, number>();
    let mostAtOnce = 0;
    const ran = noteAll(async ({ one }) => {
      running.set(one.group!, (running.get(one.group!) ?? 0) + 1);
      mostAtOnce = Math.max(mostAtOnce, running.get(one.group!)!);
      await moment(Math.random() * 4);
      running.set(one.group!, running.get(one.group!)! - 1);
    });
    await startAll();
    await Promise.all(
      Array.from({ length: 900 }, async (_, n) => {
        await moment(Math.random() * 1_500);
        await all[n % 3]!.queue.add(job(idOf(900 - n), { group: `group ${n % 6}` }), []);
      }),
    );
    await noneIsLeft();
    expect(mostAtOnce).toBe(1);
    expect(new Set(idsIn(ran)).size).toBe(900);
    expect(ran).toHaveLength(900);
  });

  it('let no lane wait for another that has thousands of slow jobs, whoever adds the job', async () => {
    const [first, second] = (await openMany(2)) as [QueueProcess, QueueProcess];
    const others: string[] = [];
    for (const { queue } of all) {
      queue.handle('test', {
        admit: noLimit,
        run: async (one) => {
          if (one.lane === 'slow') return await new Promise(() => undefined);
          others.push(one.id);
          await queue.end(one, []);
        },
      });
    }
    await Promise.all(
      Array.from({ length: 3_000 }, (_, n) => first.queue.add(job(idOf(n), { lane: 'slow' }), [])),
    );
    await startAll();
    await until(() => first.queue.running === 32 && second.queue.running === 32);
    await first.queue.add(job('other a', { lane: 'other' }), []);
    await second.queue.add(job('other b', { lane: 'other', group: 'g' }), []);
    await until(() => others.length === 2);
    await until(() => first.queue.running === 32 && second.queue.running === 32);
  });

  it('do at once what another one has stored that does no jobs', async () => {
    const storing = await open({ http: true, worker: false });
    const working = await open({ http: false, worker: true });
    const ran: string[] = [];
    collect(working.queue, ran);
    await working.queue.start();
    let fromStoredMs = 0;
    for (let n = 1; n <= 20; n++) {
      await storing.queue.add(job(idOf(n)), []);
      const storedAt = performance.now();
      await until(() => ran.length === n);
      fromStoredMs += performance.now() - storedAt;
    }
    // Without being told a process looks once a second.
    expect(fromStoredMs).toBeLessThan(8_000);
    expect([storing.queue.running, storing.queue.depth]).toEqual([0, 0]);
    await until(() => storing.processes.answering === 1 && working.processes.answering === 1);
  });

  it('count as due what is nobody’s, and as running what is theirs', async () => {
    const [first, second] = (await openMany(2)) as [QueueProcess, QueueProcess];
    const release: (() => void)[] = [];
    noteAll(() => new Promise<void>((resolve) => release.push(resolve)));
    await Promise.all(Array.from({ length: 40 }, (_, n) => first.queue.add(job(idOf(n)), [])));
    await first.queue.add(job('later', { runAt: Date.now() + 600_000 }), []);
    expect(await second.queue.due()).toMatchObject({ count: 40 });
    await first.queue.start();
    await until(() => first.queue.running === 32);
    expect(await second.queue.due()).toMatchObject({ count: 8 });
    expect(second.queue.running).toBe(0);
    for (const go of release) go();
    await until(async () => (await second.queue.due()).count === 0);
    expect(await second.queue.due()).toEqual({ count: 0, oldestAgeMs: 0 });
    await first.queue.stop(0);
  });

  it('take each what its own handler lets it, and leave the rest to the others', async () => {
    const [narrow, wide] = (await openMany(2)) as [QueueProcess, QueueProcess];
    let room = 2;
    let mostAtOnce = 0;
    const ran = noteAll();
    narrow.queue.handle('test', {
      admit: () => {
        if (room === 0) return null;
        mostAtOnce = Math.max(mostAtOnce, 2 - --room);
        return () => {
          room++;
          narrow.queue.wake();
        };
      },
      run: async (one) => {
        ran.push({ by: narrow, one });
        await moment(5);
        await narrow.queue.end(one, []);
      },
    });
    await startAll();
    await Promise.all(Array.from({ length: 500 }, (_, n) => narrow.queue.add(job(idOf(n)), [])));
    await noneIsLeft();
    expect(mostAtOnce).toBe(2);
    expect(idsIn(ran)).toEqual(Array.from({ length: 500 }, (_, n) => idOf(n)));
    expect(ran.some(({ by }) => by === wide) && ran.some(({ by }) => by === narrow)).toBe(true);
  });
});
