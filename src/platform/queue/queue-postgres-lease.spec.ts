import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { begun, collect, idOf, job, mark, noLimit, until } from '../../../test/contracts/queue-harness.ts';
import { marksStatement } from '../../../test/crash/mixed-writes.ts';
import { databaseUrl, execute, isPostgres, rowsOf } from '../../../test/support/database.ts';
import { type QueueProcess, queueProcess, rhythm } from '../../../test/support/queue-process.ts';
import { Sealer } from '../sealing.ts';
import type { Job } from './index.ts';

const sealer = new Sealer(randomBytes(32));
let folder: string;
let first: QueueProcess;
let second: QueueProcess;

beforeEach(async () => {
  if (!isPostgres) return;
  folder = mkdtempSync(join(tmpdir(), 'queue-'));
  await execute(folder, marksStatement);
  const url = await databaseUrl(folder);
  first = await queueProcess(url, sealer);
  second = await queueProcess(url, sealer);
});

afterEach(async () => {
  if (!isPostgres) return;
  for (const process of [first, second]) await process.end();
  rmSync(folder, { recursive: true, force: true });
});

const jobsLeft = async () =>
  Number((await rowsOf<{ count: number }>(folder, 'SELECT count(*) AS count FROM queue_jobs'))[0]!.count);
const marksNow = async () =>
  (await rowsOf<{ id: number }>(folder, 'SELECT id FROM marks ORDER BY id')).map(({ id }) => id);
const moment = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Jobs that a process has begun and does not end by itself. */
async function holding(process: QueueProcess, ids: readonly string[]): Promise<Job[]> {
  const held: Job[] = [];
  process.queue.handle('test', {
    admit: noLimit,
    run: (one) => {
      held.push(one);
      return new Promise(() => undefined);
    },
  });
  await process.queue.start();
  await Promise.all(ids.map((id) => process.queue.add(job(id, { group: id }), [])));
  await until(() => held.length === ids.length);
  return held.toSorted((a, b) => (a.id < b.id ? -1 : 1));
}

/** The other one takes jobs, ends them and notes their ids. */
async function takeOver(ids: readonly string[]): Promise<string[]> {
  const ran: string[] = [];
  collect(second.queue, ran);
  await second.queue.start();
  await until(() => ran.length === ids.length);
  return ran.toSorted();
}

const beats = async () => Number((await rowsOf(folder, 'SELECT 1 FROM processes')).length);

describe.runIf(isPostgres)('a process that is silent for longer than its lease', () => {
  it('has its jobs taken over by another, also those that it had begun outside the queue', async () => {
    await holding(first, ['a', 'b']);
    await first.queue.addBegun(begun('c'), []);
    first.link.close();
    expect(await takeOver(['a', 'b', 'c'])).toEqual(['a', 'b', 'c']);
    await until(async () => (await jobsLeft()) === 0);
  });

  it('ends, retries and records nothing of them afterwards, whether they are done by then or not', async () => {
    const held = await holding(first, ['done', 'at work']);
    const [atWork, done] = held as [Job, Job];
    first.link.close();
    const again: Job[] = [];
    second.queue.handle('test', {
      admit: noLimit,
      run: async (one) => {
        again.push(one);
        if (one.id === 'done') await second.queue.end(one, []);
        else await new Promise(() => undefined);
      },
    });
    await second.queue.start();
    await until(() => again.length === 2);
    first.link.open();
    const { queue, database } = first;
    for (const one of [done, atWork]) {
      expect(await queue.end(one, [mark(1)])).toBe(false);
      expect(await queue.retry(one, 0, [mark(2)])).toBe(false);
      expect(await queue.keep(one, [mark(3)])).toBe(false);
      expect(await queue.holds(one)).toBe(false);
      await database.door.transaction(async (tx) => {
        expect(await queue.holdsIn(tx, one)).toBe(false);
        expect(await queue.endIn(tx, one)).toBe(false);
      });
    }
    // What comes with the same commit and is somebody's own is stored all the same.
    const [isEnded] = await Promise.all([queue.end(done, [mark(4)]), database.door.append([mark(5)])]);
    expect([isEnded, await marksNow()]).toEqual([false, [5]]);
    const stillHeld = again.find(({ id }) => id === 'at work')!;
    expect(await second.queue.keep(stillHeld, [mark(6)])).toBe(true);
    expect(await second.queue.end(stillHeld, [])).toBe(true);
  });

  it('is told once, goes on under another name, and takes nothing that it still works on', async () => {
    const [held] = await holding(first, ['a']);
    const formerId = first.processes.id;
    first.link.close();
    await until(async () => (await rowsOf(folder, `SELECT 1 FROM processes`)).length === 1);
    first.link.open();
    await until(() => first.lost.length === 1 && first.processes.id !== formerId);
    const ran: string[] = [];
    collect(first.queue, ran);
    await first.queue.add(job('b'), []);
    await until(() => ran.length === 1);
    await moment(1_500);
    expect([ran, first.lost, await jobsLeft()]).toEqual([['b'], [formerId], 1]);
    expect(await takeOver(['a'])).toEqual(['a']);
    expect(await first.queue.end(held!, [])).toBe(false);
    expect(first.stumbles).toEqual([]);
  });

  it('may be removed by one that comes back from a silence itself only after it had its time', async () => {
    const [held] = await holding(first, ['a']);
    // Both are cut off, as when a network fails: none may take the other for dead before it has come back, too.
    first.link.close();
    second.link.close();
    await moment(rhythm.leaseMs * 1.2);
    second.link.open();
    await moment(rhythm.beatMs * 2);
    expect(await beats()).toBe(2);
    first.link.open();
    await moment(rhythm.leaseMs);
    expect([await beats(), first.lost, second.lost]).toEqual([2, [], []]);
    expect(await first.queue.end(held!, [])).toBe(true);
  });
});

describe.runIf(isPostgres)('a database that is away for a moment', () => {
  it('costs no job: what is held is ended later, what waits is done later', async () => {
    const held = await holding(
      first,
      Array.from({ length: 20 }, (_, n) => idOf(n)),
    );
    first.link.close();
    await expect(first.queue.add(job('never stored'), [])).rejects.toMatchObject({
      code: 'database.unavailable',
    });
    await moment(100);
    first.link.open();
    for (const one of held) expect(await first.queue.end(one, [])).toBe(true);
    const ran: string[] = [];
    collect(first.queue, ran);
    await second.queue.add(job('stored by another'), []);
    await until(async () => ran.length === 1 && (await jobsLeft()) === 0);
    expect(first.lost).toEqual([]);
  });

  it('leaves nothing taken that nobody does, whatever answer was lost', async () => {
    const ran: string[] = [];
    collect(first.queue, ran);
    await first.queue.start();
    // As if a look had taken it and its answer had not come through.
    await second.queue.add(job('taken unawares', { runAt: Date.now() + 600_000 }), []);
    await execute(folder, `UPDATE queue_jobs SET holder = '${first.processes.id}', claim = 1, run_at = 0`);
    first.link.close();
    await moment(100);
    first.link.open();
    await until(() => ran.length === 1);
    expect(first.lost).toEqual([]);
  });
});

describe.runIf(isPostgres)('a process that stops', () => {
  it('leaves what it has not ended to others at once', async () => {
    const [held] = await holding(first, ['a']);
    const ran: string[] = [];
    collect(second.queue, ran);
    await second.queue.start();
    await first.queue.stop(10);
    // Its process goes on beating: nobody takes what is its own for left behind.
    await until(() => ran.length === 1);
    expect(await first.queue.end(held!, [])).toBe(false);
    expect(await first.queue.holds(held!)).toBe(false);
  });

  it('leaves what it had begun outside the queue when it ends', async () => {
    await first.queue.addBegun(begun('a'), []);
    await first.queue.stop(0);
    const ran: string[] = [];
    collect(second.queue, ran);
    await second.queue.start();
    await moment(50);
    expect(ran).toEqual([]);
    await first.processes.stop();
    await until(() => ran.length === 1);
  });
});
