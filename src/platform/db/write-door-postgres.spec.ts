import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Client } from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { marks, marksStatement, mixWrites } from '../../../test/crash/mixed-writes.ts';
import { databaseOf, databaseUrl, execute, isPostgres } from '../../../test/support/database.ts';
import { connectAsSuperuser } from '../../../test/support/postgres/databases.ts';
import { until } from '../../../test/support/until.ts';
import { Sealer } from '../sealing.ts';
import { Database } from './database.ts';
import { TRANSACTION_LOCK } from './postgres-settings.ts';
import type { HotTable } from './row-batch.ts';
import type { WriteDoor } from './write-door.ts';

let folder: string;
let database: Database;
let door: WriteDoor;
/** Another process, as the door sees it. */
let other: Client;

beforeEach(async () => {
  if (!isPostgres) return;
  folder = mkdtempSync(join(tmpdir(), 'write-door-'));
  await execute(folder, marksStatement);
  await execute(folder, 'CREATE TABLE tallies (place TEXT PRIMARY KEY, calls INTEGER NOT NULL)');
  database = await Database.open(await databaseUrl(folder), [], new Sealer(randomBytes(32)));
  door = database.door;
  other = await connectAsSuperuser(databaseOf(folder));
});
afterEach(async () => {
  if (!isPostgres) return;
  await other.end();
  await database.close();
  rmSync(folder, { recursive: true, force: true });
});

const unavailable = { kind: 'unavailable', status: 503, retryAfterSeconds: expect.any(Number) };
const append = (id: number) => door.append([{ table: marks, values: [id, 'a mark', null, null] }]);
const insert = (id: number, after: () => unknown = () => undefined) =>
  door.transaction(async (tx) => {
    await tx.manager.query('INSERT INTO marks (id, text) VALUES ($1, $2)', [id, 'a mark']);
    await after();
  });
const stored = (): Promise<{ id: number; text: string }[]> =>
  database.read.query('SELECT id, text FROM marks ORDER BY id');
const storedIds = async () => (await stored()).map(({ id }) => id);

/** Breaks the connections whose statement of the moment is like that. @returns how many there were. */
async function cut(like: string): Promise<number> {
  const { rowCount } = await other.query(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE datname = current_database() AND query LIKE $1 AND pid <> pg_backend_pid()`,
    [like],
  );
  return rowCount ?? 0;
}

/** Until somebody waits for a lock: on a table, or for another process's transaction. */
const isWaiting = () =>
  until(async () => {
    const { rows } = await other.query(
      `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
    );
    return rows.length > 0 ? true : null;
  });

describe.skipIf(!isPostgres)('a connection that breaks in the middle of a commit', () => {
  it('refuses what was in it with a time to come again, stores nothing of it, and is replaced by itself', async () => {
    await append(1);
    await other.query('BEGIN; LOCK TABLE marks IN EXCLUSIVE MODE');
    const caught = Promise.allSettled([append(2), append(3)]);
    await isWaiting();
    expect(await cut('INSERT INTO marks%')).toBe(1);
    for (const result of await caught)
      expect(result).toMatchObject({ status: 'rejected', reason: unavailable });
    expect(door.failuresInARow).toBe(1);
    await other.query('ROLLBACK');
    await append(4);
    expect(door.failuresInARow).toBe(0);
    expect(await storedIds()).toEqual([1, 4]);
  });

  it('refuses a transaction, and what came with it, and stores nothing of either', async () => {
    const begun = insert(1, () => cut('INSERT INTO marks%'));
    const results = await Promise.allSettled([begun, append(2), insert(3)]);
    for (const result of results) expect(result).toMatchObject({ status: 'rejected', reason: unavailable });
    await Promise.all([append(4), insert(5)]);
    expect(await storedIds()).toEqual([4, 5]);
  });

  it('refuses work that swallows it with its whole commit', async () => {
    const swallowing = door.transaction(async (tx) => {
      await cut('SAVEPOINT%');
      await tx.manager.query('SELECT 1').catch(() => undefined);
    });
    await expect(swallowing).rejects.toMatchObject(unavailable);
    await append(1);
    expect(await storedIds()).toEqual([1]);
  });

  it('between two commits harms nobody for longer than one', async () => {
    await append(1);
    expect(await cut('INSERT INTO marks%')).toBe(1);
    // Whether the driver knows already is a matter of chance.
    await append(2).catch((cause: unknown) => expect(cause).toMatchObject(unavailable));
    await append(3);
    expect(await storedIds()).toEqual(expect.arrayContaining([1, 3]));
  });

  it('again and again leaves of 900 mixed operations what was acknowledged, and of each all or nothing', async () => {
    const progress = { isOver: false };
    const cutting = (async () => {
      let times = 0;
      let good = 0;
      while (!progress.isOver) {
        // Each time one comes through: however fast the machine, some do and some do not.
        if (door.figures.commits.ok > good) {
          times += await cut('%marks%');
          good = door.figures.commits.ok;
        }
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
      return times;
    })();
    const writes = await mixWrites(door, { operations: 900, atOnce: 20, seed: 3, isBreaking: true });
    progress.isOver = true;
    expect(await cutting).toBeGreaterThan(3);
    expect(writes.acknowledged.size).toBeGreaterThan(20);
    expect(writes.wrongEffects).toBe(0);
    const found = new Map((await stored()).map(({ id, text }) => [id, text]));
    expect([...writes.acknowledged].filter(([id, text]) => found.get(id) !== text)).toEqual([]);
    for (const { rows, isAppend, isAcknowledged } of writes.operations) {
      const there = rows.filter((id) => found.has(id)).length;
      expect([0, rows.length]).toContain(there);
      // Rows alone commit by themselves: where the answer is lost, they may be there all the same.
      if (!isAppend) expect(there > 0).toBe(isAcknowledged);
    }
  });
});

describe.skipIf(!isPostgres)('a statement that fails within a transaction', () => {
  it('makes work that goes on after it fail, and nobody else', async () => {
    const query = 'INSERT INTO marks (id, text) VALUES ($1, $2)';
    const goingOn = door.transaction(async (tx) => {
      await tx.manager.query(query, [1, null]).catch(() => undefined);
      await tx.manager.query(query, [2, 'a mark']);
    });
    const results = await Promise.allSettled([goingOn, insert(3), append(4)]);
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled']);
    expect(await storedIds()).toEqual([3, 4]);
  });

  it('makes work that swallows it and ends there fail too, and nobody else', async () => {
    const swallowing = door.transaction(async (tx) => {
      await tx.manager.query('INSERT INTO marks (id, text) VALUES (1, NULL)').catch(() => undefined);
    });
    const results = await Promise.allSettled([swallowing, insert(2), append(3)]);
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled']);
    expect(await storedIds()).toEqual([2, 3]);
  });
});

describe.skipIf(!isPostgres)('a transaction of another process', () => {
  it('comes first where it has begun first: ours waits for its end', async () => {
    await other.query('SELECT pg_advisory_lock($1)', [TRANSACTION_LOCK]);
    const waiting = insert(1);
    await isWaiting();
    await other.query(`INSERT INTO marks (id, text) VALUES (2, 'of the other')`);
    await other.query('SELECT pg_advisory_unlock($1)', [TRANSACTION_LOCK]);
    await waiting;
    expect(await storedIds()).toEqual([1, 2]);
  });

  it('does not hold up appends that come alone', async () => {
    await other.query('SELECT pg_advisory_lock($1)', [TRANSACTION_LOCK]);
    await append(1);
    expect(await storedIds()).toEqual([1]);
  });

  it('that does not end makes ours be refused with a time to come again, and later ones go through', async () => {
    await other.query('SELECT pg_advisory_lock($1)', [TRANSACTION_LOCK]);
    await expect(insert(1)).rejects.toMatchObject(unavailable);
    await other.query('SELECT pg_advisory_unlock($1)', [TRANSACTION_LOCK]);
    await insert(2);
    expect(await storedIds()).toEqual([2]);
  });
});

const tallies: HotTable = { name: 'tallies', columns: ['place'], counters: ['calls'] };
const tally = (place: string) => ({ table: tallies, values: [place, 1] });
async function counted(): Promise<Record<string, number>> {
  const rows: { place: string; calls: number }[] = await database.read.query('SELECT * FROM tallies');
  return Object.fromEntries(rows.map(({ place, calls }) => [place, calls]));
}

describe.skipIf(!isPostgres)('what several processes count', () => {
  let second: Database;

  beforeEach(async () => {
    if (!isPostgres) return;
    second = await Database.open(await databaseUrl(folder), [], new Sealer(randomBytes(32)));
  });
  afterEach(() => second?.close());

  it('never makes two of them wait for each other in a circle, whatever the order in which each counts', async () => {
    let arrived = 0;
    const both = Promise.withResolvers<void>();
    const count = (into: WriteDoor, [first, then]: readonly [string, string]) =>
      into.transaction(
        async (tx) => {
          await tx.write([tally(first)]);
          if (++arrived === 2) both.resolve();
          await both.promise;
          await tx.write([tally(then)]);
        },
        { isAlone: false },
      );
    await Promise.all([count(door, ['a', 'b']), count(second.door, ['b', 'a'])]);
    expect(await counted()).toEqual({ a: 2, b: 2 });
  });

  it('counts nothing of work that fails, and all of what came with it', async () => {
    const failing = door.transaction(async (tx) => {
      await tx.write([tally('a')]);
      throw new Error('it changed its mind');
    });
    const writing = door.transaction((tx) => tx.write([tally('a'), tally('b')]));
    const results = await Promise.allSettled([failing, writing, door.append([tally('b')])]);
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled']);
    expect(await counted()).toEqual({ a: 1, b: 2 });
  });
});
