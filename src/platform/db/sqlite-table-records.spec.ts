import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isPostgres } from '../../../test/support/database.ts';
import { oddTexts } from '../../../test/support/odd-values.ts';
import { repeatableNumbers } from '../../../test/support/repeatable-random.ts';
import { Sealer } from '../sealing.ts';
import { Database } from './database.ts';
import { rowBatch } from './row-batch.ts';
import { tableRecords } from './sqlite-table-records.ts';

const COLUMNS = ['id', 'a', 'b', 'c', 'd', 'e', 'f', 'g'];
/** No declared types: SQLite keeps what it is given and converts nothing. */
const wide = { name: 'wide', columns: COLUMNS };
const laden = { name: 'wide', columns: COLUMNS.slice(0, -1), payloadColumn: 'g' };
const counted = { name: 'counted', columns: ['key'], counters: ['sum'] };
const gone = { name: 'wide', columns: ['a', 'b'], removes: true };

let folder: string;
let database: Database;
let nextId = 1;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'records-'));
  database = await Database.open(`sqlite:${join(folder, 'records.db')}`, [], new Sealer(randomBytes(32)));
  await database.door.transaction(async ({ manager }) => {
    await manager.query(`CREATE TABLE wide (${COLUMNS.join(', ')}, PRIMARY KEY (id))`);
    await manager.query('CREATE TABLE counted (key PRIMARY KEY, sum)');
  });
});
afterEach(async () => {
  await database.close();
  rmSync(folder, { recursive: true, force: true });
});

function newRow(values: readonly unknown[]): { table: typeof wide; values: unknown[] } {
  return { table: wide, values: [nextId++, ...values] };
}

async function stored(from: number): Promise<unknown[][]> {
  const rows: Record<string, unknown>[] = await database.read.query(
    'SELECT * FROM wide WHERE id >= ? ORDER BY id',
    [from],
  );
  return rows.map((row) => COLUMNS.map((column) => row[column]));
}

describe.skipIf(isPostgres)('what the rows of a commit have in common', () => {
  it('goes to the database once, and the rest with each row', () => {
    const rows = [1, 2, 3, 4].map((n) => newRow(['same', n, null, 1.5, 2 ** 40, true, -0]));
    const [records] = tableRecords(rowBatch(rows), true)!;
    expect([...records!.shared]).toEqual([
      [1, 'same'],
      [3, null],
    ]);
    // The log grows by it in each of them.
    expect(records!.bytes).toBe(records!.json.length + 4 * 'same'.length);
    expect(JSON.parse(records!.json)).toEqual(
      rows.map(({ values: [id, , n] }) => [id, n, 1.5, 2 ** 40, true, 0]),
    );
  });

  it('is not looked for in three rows', () => {
    const rows = [1, 2, 3].map(() => newRow(Array(7).fill('same')));
    expect(tableRecords(rowBatch(rows), true)![0]!.shared.size).toBe(0);
  });

  it.each([
    [1_000, true],
    [70_000, false],
  ])(
    'is looked for beside small payloads only, which a statement keeps: four of %i bytes, %s',
    async (bytes, isLookedFor) => {
      const rows = [1, 2, 3, 4].map((n) => ({
        table: laden,
        values: newRow(['same', n, 0, 0, 0, 0]).values,
        payload: [randomBytes(bytes)],
      }));
      await database.door.append(rows);
      const views: { name: string }[] = await database.door.transaction(({ manager }) =>
        manager.query("SELECT name FROM temp.sqlite_master WHERE type = 'view'"),
      );
      expect(views.map(({ name }) => name.includes('s'))).toEqual([isLookedFor]);
    },
  );

  it.each(Object.entries(oddTexts))('comes back in each of them: %s', async (_name, text) => {
    const rows = [1, 2, 3, 4, 5].map((n) => newRow([text, n, text, null, 7, n < 4 ? 'same' : 'other', text]));
    await database.door.append(rows);
    const wanted = rows.map(({ values }) => values);
    const found = await stored(rows[0]!.values[0] as number);
    // Printed, three megabytes that differ would take a minute.
    expect(found.every((row, n) => row.every((value, at) => value === wanted[n]![at]))).toBe(true);
    expect(found.length).toBe(5);
  });

  it('may be what no JSON carries', async () => {
    const rows = [1, 2, 3, 4].map((n) => newRow(['a\0b', n, 'half \ud800', null, 7, 8, 9]));
    await database.door.append(rows);
    expect(await stored(rows[0]!.values[0] as number)).toEqual(
      rows.map(({ values: [id, , n] }) => [id, 'a\ufffdb', n, 'half \ufffd', null, 7, 8, 9]),
    );
  });

  it('is of one type: a number is no text that looks like it, and 0 is no null', async () => {
    const rows = [1, '1', 0, null, '', 'null'].map((value) =>
      newRow([value, 1, 1, null, 'null', '1', 2 ** 31]),
    );
    await database.door.append(rows);
    expect(await stored(rows[0]!.values[0] as number)).toEqual(rows.map(({ values }) => values));
  });

  it('is another in each commit, whichever columns that are', async () => {
    const random = repeatableNumbers(7);
    const first = nextId;
    const wanted: unknown[][] = [];
    for (let commit = 0; commit < 120; commit++) {
      const isShared = Array.from({ length: 7 }, () => random(2) === 0);
      const rows = Array.from({ length: 4 + random(3) }, (_, n) =>
        newRow(isShared.map((is, at) => (is ? `${commit} ${at}` : `${commit} ${at} ${n}`))),
      );
      const sum = { table: counted, values: ['all', rows.length] };
      await database.door.append([...rows, sum]);
      wanted.push(...rows.map(({ values }) => values));
    }
    expect(await stored(first)).toEqual(wanted);
    expect(await database.read.query('SELECT * FROM counted')).toEqual([{ key: 'all', sum: wanted.length }]);
  });

  it('finds the rows that are to be deleted', async () => {
    const first = nextId;
    await database.door.append([1, 2, 3, 4, 5, 6].map((n) => newRow(['same', n, 0, 0, 0, 0, 0])));
    await database.door.append([1, 2, 4, 5].map((n) => ({ table: gone, values: ['same', n] })));
    expect((await stored(first)).map((row) => row[2])).toEqual([3, 6]);
  });
});
