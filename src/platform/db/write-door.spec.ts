import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { discrepancies, marks, marksStatement, mixWrites } from '../../../test/crash/mixed-writes.ts';
import { commitsOf } from '../../../test/support/commits.ts';
import { databaseUrl, execute, isPostgres } from '../../../test/support/database.ts';
import { AppError } from '../errors.ts';
import { Sealer } from '../sealing.ts';
import { Database } from './database.ts';
import { rawQuery } from './raw-query.ts';
import type { WriteDoor } from './write-door.ts';

const sealer = new Sealer(randomBytes(32));
let folder: string;
let database: Database;
let door: WriteDoor;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'write-door-'));
  await execute(folder, marksStatement);
  database = await Database.open(await databaseUrl(folder), [], sealer);
  door = database.door;
});

afterEach(async () => {
  await database.close();
  rmSync(folder, { recursive: true, force: true });
});

const stored = (): Promise<{ id: number; text: string }[]> =>
  database.read.query('SELECT id, text FROM marks ORDER BY id');
const storedIds = async () => (await stored()).map(({ id }) => id);
const row = (id: number, text: string | null = 'a mark') => ({
  table: marks,
  values: [id, text, null, null],
});
const append = (id: number, text?: string | null) => door.append([row(id, text)]);
const insert = (id: number, after: () => unknown = () => undefined) =>
  door.transaction(async (tx) => {
    await rawQuery(tx.manager, 'INSERT INTO marks (id, text) VALUES (?, ?)', [id, 'a mark']);
    await after();
  });
const fail = () => {
  throw new Error('no');
};
const pages = (count: number) =>
  door.transaction((tx) => tx.manager.query(`PRAGMA max_page_count = ${count}`));
/** From now on SQLite's file may not grow; more pages are allowed again by the function that it gives. */
async function fillUp(): Promise<() => Promise<void>> {
  const [{ page_count: now }] = (await database.read.query('PRAGMA page_count')) as [{ page_count: number }];
  await pages(now);
  return async () => void (await pages(1_000_000));
}
const large = 'x'.repeat(40_000);

describe('what the write door acknowledges', () => {
  it('is stored, exactly, of 300 mixed operations at once of which one in five fails', async () => {
    const writes = await mixWrites(door, { operations: 300, atOnce: 300, seed: 1 });
    expect(writes.acknowledged.size).toBeGreaterThan(200);
    expect(writes.refused.size).toBeGreaterThan(50);
    expect(discrepancies(writes, await stored())).toEqual([]);
    expect(writes.wrongEffects).toBe(0);
  });

  it('is there after the file is opened anew', async () => {
    const writes = await mixWrites(door, { operations: 100, atOnce: 20, seed: 2 });
    await database.close();
    database = await Database.open(await databaseUrl(folder), [], sealer);
    expect(discrepancies(writes, await stored())).toEqual([]);
  });

  it('is read by others the moment it is acknowledged', async () => {
    await Promise.all([append(1), insert(2)]);
    expect(await storedIds()).toEqual([1, 2]);
  });
});

describe('a failure behind the write door', () => {
  it('of one bad row among many appends refuses that append alone, whole', async () => {
    const both = door.append([row(50), row(51, null)]);
    const results = await Promise.allSettled([append(1), both, append(2), append(3)]);
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'fulfilled']);
    expect(await storedIds()).toEqual([1, 2, 3]);
  });

  it('of a value that no column can hold refuses that append alone', async () => {
    const notANumber = door.append([{ table: marks, values: [9, 'nine', Number.NaN, null] }]);
    const results = await Promise.allSettled([append(1), notANumber, append(2)]);
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(await storedIds()).toEqual([1, 2]);
  });

  it('of a transaction undoes its own writes and nobody else’s', async () => {
    const results = await Promise.allSettled([
      insert(1),
      insert(2, fail),
      append(3),
      insert(4),
      insert(5, fail),
    ]);
    expect(results.map(({ status }) => status)).toEqual([
      'fulfilled',
      'rejected',
      'fulfilled',
      'fulfilled',
      'rejected',
    ]);
    expect(await storedIds()).toEqual([1, 3, 4]);
  });

  it('of a transaction reaches its caller as it was thrown', async () => {
    await expect(insert(1, fail)).rejects.toThrow(/^no$/);
  });

  it.skipIf(isPostgres)(
    'of one statement that its transaction survives keeps the rest of that work (SQLite)',
    async () => {
      await door.transaction(async (tx) => {
        const query = 'INSERT INTO marks (id, text) VALUES (?, ?)';
        await rawQuery(tx.manager, query, [1, 'a mark']);
        await rawQuery(tx.manager, query, [1, 'the same id']).catch(() => undefined);
        await rawQuery(tx.manager, query, [2, 'a mark']);
      });
      expect(await storedIds()).toEqual([1, 2]);
    },
  );

  it('that is no Error at all is still one transaction’s own', async () => {
    const throwing = door.transaction(() => Promise.reject(null as unknown as Error));
    const results = await Promise.allSettled([insert(1), throwing, insert(2)]);
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  });
});

describe('effects after a commit', () => {
  it('run once the rows can be read by others, and before the caller goes on', async () => {
    const order: string[] = [];
    await door.transaction(async (tx) => {
      await tx.manager.query("INSERT INTO marks (id, text) VALUES (1, 'a mark')");
      tx.afterCommit(() => order.push('effect'));
      order.push(`inside, others see ${(await storedIds()).length}`);
    });
    order.push(`after, others see ${(await storedIds()).length}`);
    expect(order).toEqual(['inside, others see 0', 'effect', 'after, others see 1']);
  });

  it('never run for a transaction that fails', async () => {
    let effects = 0;
    const failing = door.transaction(async (tx) => {
      tx.afterCommit(() => (effects += 1));
      await Promise.reject(new Error('no'));
    });
    await Promise.allSettled([failing, append(1)]);
    expect(effects).toBe(0);
  });

  it.skipIf(isPostgres)('never run when the commit itself finds the disk full (of SQLite)', async () => {
    const makeRoom = await fillUp();
    let effects = 0;
    const growing = door.transaction(async (tx) => {
      tx.afterCommit(() => (effects += 1));
      await rawQuery(tx.manager, 'INSERT INTO marks (id, text) VALUES (1, ?)', [large]);
    });
    await expect(growing).rejects.toBeInstanceOf(AppError);
    expect(effects).toBe(0);
    await makeRoom();
  });
});

describe('the write door itself', () => {
  it('refuses a transaction inside a transaction instead of waiting for ever', async () => {
    await expect(insert(1, () => insert(2))).rejects.toThrow('A transaction inside a transaction');
    expect(await storedIds()).toEqual([]);
  });

  it('finishes on close what it accepted and refuses later ones', async () => {
    const accepted = [append(1), insert(2), append(3)];
    const closed = door.close();
    const late = await Promise.allSettled([append(4), insert(5)]);
    await Promise.all(accepted);
    await closed;
    expect(await storedIds()).toEqual([1, 2, 3]);
    for (const { status, reason } of late as PromiseRejectedResult[]) {
      expect(status).toBe('rejected');
      expect(reason).toMatchObject({ kind: 'unavailable' });
    }
  });

  it('lets many appends share one commit', async () => {
    const before = await commitsOf(folder);
    await Promise.all(Array.from({ length: 200 }, (_, index) => append(index + 1)));
    const commits = (await commitsOf(folder)) - before;
    expect(commits).toBe(1);
    expect(await storedIds()).toHaveLength(200);
  });

  it('gives each of two appends that come one after the other a commit of its own', async () => {
    const before = await commitsOf(folder);
    await append(1);
    await append(2);
    expect((await commitsOf(folder)) - before).toBe(2);
  });

  it('keeps no caller waiting for company: an append alone takes no timer’s time', async () => {
    const times: number[] = [];
    for (let id = 1; id <= 50; id++) {
      const began = performance.now();
      await append(id);
      times.push(performance.now() - began);
    }
    // A timer would show in all of them.
    expect(Math.min(...times)).toBeLessThan(100);
  });
});

describe.skipIf(isPostgres)('when the disk of SQLite is full', () => {
  it('everything of that commit is refused as unavailable, with a time to come again, and nothing is stored', async () => {
    const makeRoom = await fillUp();
    const results = await Promise.allSettled([append(1, large), append(2, large), insert(3)]);
    for (const result of results) {
      expect(result).toMatchObject({ status: 'rejected', reason: { kind: 'unavailable', status: 503 } });
      expect((result as PromiseRejectedResult).reason).toMatchObject({
        retryAfterSeconds: expect.any(Number),
      });
    }
    expect(await storedIds()).toEqual([]);
    expect(door.failuresInARow).toBe(1);
    await makeRoom();
  });

  it('later writes work again as soon as there is room', async () => {
    const makeRoom = await fillUp();
    await expect(append(1, large)).rejects.toMatchObject({ kind: 'unavailable' });
    await makeRoom();
    await Promise.all([append(2, large), insert(3)]);
    expect(await storedIds()).toEqual([2, 3]);
    expect(door.failuresInARow).toBe(0);
  });

  it('work that swallows the failure is refused with its whole commit, and what follows is not half stored', async () => {
    const makeRoom = await fillUp();
    const swallowing = door.transaction(async (tx) => {
      const query = 'INSERT INTO marks (id, text) VALUES (1, ?)';
      await rawQuery(tx.manager, query, [large]).catch(() => undefined);
    });
    const results = await Promise.allSettled([swallowing, insert(2), insert(3)]);
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    expect(await storedIds()).toEqual([]);
    await makeRoom();
    await append(4);
    expect(await storedIds()).toEqual([4]);
  });

  it('an append of nothing tells: it fails while there is no room and succeeds again with it', async () => {
    const makeRoom = await fillUp();
    await expect(append(1, large)).rejects.toMatchObject({ kind: 'unavailable' });
    await expect(door.append([])).rejects.toMatchObject({ kind: 'unavailable' });
    expect(door.failuresInARow).toBe(2);
    await makeRoom();
    await door.append([]);
    expect(door.failuresInARow).toBe(0);
  });

  it('readers go on', async () => {
    await append(1);
    const makeRoom = await fillUp();
    await append(2, large).catch(() => undefined);
    expect(await storedIds()).toEqual([1]);
    await makeRoom();
  });
});
