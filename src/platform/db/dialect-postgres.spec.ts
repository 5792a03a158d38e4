import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { seeded } from '../../../test/crash/seeded.ts';
import { databaseUrl, execute, isPostgres } from '../../../test/support/database.ts';
import { oddTexts, randomValue } from '../../../test/support/odd-values.ts';
import { Sealer } from '../sealing.ts';
import { Database } from './database.ts';
import { hasGivenWay, isStorageFailure } from './postgres-settings.ts';
import type { TableRow } from './row-batch.ts';

const columns = ['text', 'number', 'count', 'flag', 'bytes'] as const;
type Column = (typeof columns)[number];
const things = { name: 'things', columns: ['id', ...columns] };

let folder: string;
let database: Database;
let nextId = 1;

beforeAll(async () => {
  if (!isPostgres) return;
  folder = mkdtempSync(join(tmpdir(), 'dialect-'));
  await execute(
    folder,
    `CREATE TABLE things (id integer PRIMARY KEY, text text, number double precision, count bigint, flag boolean, bytes bytea)`,
  );
  database = await Database.open(await databaseUrl(folder), [], new Sealer(randomBytes(32)));
});
afterAll(async () => {
  if (!isPostgres) return;
  await database.close();
  rmSync(folder, { recursive: true, force: true });
});

const ways = {
  'in a commit of rows alone': (rows: TableRow[]) => database.door.append(rows),
  'within a transaction': (rows: TableRow[]) => database.door.transaction((tx) => tx.write(rows)),
};

/** What is read of values that were written to one column. */
async function roundTrip(
  column: Column,
  values: readonly unknown[],
  write: (rows: TableRow[]) => Promise<void> = ways['in a commit of rows alone'],
): Promise<unknown[]> {
  const first = nextId;
  nextId += values.length;
  const place = columns.indexOf(column);
  await write(
    values.map((value, n) => ({
      table: things,
      values: [first + n, ...columns.map((_, at) => (at === place ? value : null))],
    })),
  );
  const rows: Record<Column, unknown>[] = await database.read.query(
    `SELECT ${columns.join(', ')} FROM things WHERE id >= $1 ORDER BY id`,
    [first],
  );
  return rows.map((row) => row[column]);
}

describe.skipIf(!isPostgres)('a value on its way to PostgreSQL', () => {
  it.each(Object.entries(oddTexts))('comes back as it was: %s', async (_name, text) => {
    for (const write of Object.values(ways)) {
      const found = await roundTrip('text', [text, null, text], write);
      expect([found[0] === text, found[1], found[2] === text]).toEqual([true, null, true]);
    }
  });

  it('holds no NUL, however it is written', async () => {
    const withNul = ["'\0'; DROP TABLE things; --", '\0text\0'];
    const expected = ["'\ufffd'; DROP TABLE things; --", '\ufffdtext\ufffd'];
    for (const write of Object.values(ways))
      expect(await roundTrip('text', withNul, write)).toEqual(expected);
    await database.door.transaction((tx) =>
      tx.manager.query('INSERT INTO things (id, text) VALUES ($1, $2)', [nextId, 'a\0b']),
    );
    expect(await database.read.query('SELECT text FROM things WHERE id = $1', [nextId++])).toEqual([
      { text: 'a\ufffdb' },
    ]);
  });

  it('is well-formed Unicode in the database, whatever it was', async () => {
    expect(await roundTrip('text', ['a\ud800b'])).toEqual(['a\ufffdb']);
  });

  it('comes back as it was: numbers at the edges', async () => {
    const numbers = [0, 1, -1, 0.1, -0.5, 1e308, -1e308, 1.7976931348623157e308, 5e-324, 1e21, 123_456.789];
    expect(await roundTrip('number', numbers)).toEqual(numbers);
    const counts = [Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER, 0, 1_763_700_000_000];
    expect(await roundTrip('count', counts)).toEqual(counts);
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])(
    'is refused with its append alone where it is no number: %s',
    async (value) => {
      const bad = roundTrip('number', [value]);
      const good = roundTrip('number', [1]);
      await expect(bad).rejects.toThrow(TypeError);
      expect(await good).toEqual([1]);
    },
  );

  it('is NULL for null and undefined, and true and false for themselves and for 1 and 0', async () => {
    expect(await roundTrip('flag', [null, undefined, true, false, 1, 0])).toEqual([
      null,
      null,
      true,
      false,
      true,
      false,
    ]);
  });

  it('comes back byte for byte, empty and with every byte', async () => {
    const every = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
    expect(await roundTrip('bytes', [every, Buffer.alloc(0)])).toEqual([every, Buffer.alloc(0)]);
  });

  it('comes back as it was for 2,000 random texts, numbers and blobs', async () => {
    const random = seeded(20_260_731);
    const values = Array.from({ length: 2_000 }, () => randomValue(random));
    const of = async (column: Column, kind: (value: unknown) => boolean) => {
      const own = values.filter(kind);
      expect(own.length).toBeGreaterThan(200);
      expect(await roundTrip(column, own)).toEqual(own);
    };
    await of('text', (value) => typeof value === 'string');
    await of('number', (value) => typeof value === 'number');
    await of('bytes', Buffer.isBuffer);
  });
});

describe('the dialect of PostgreSQL', () => {
  it.each([
    '53100',
    '53300',
    '57P01',
    '57P03',
    '08006',
    '55P03',
    '57014',
    '40001',
    '58030',
    'XX001',
    '25006',
  ])('counts %s as a failure of the whole commit, also inside a TypeORM error', (code) => {
    expect(isStorageFailure(Object.assign(new Error('x'), { code }))).toBe(true);
    expect(isStorageFailure(Object.assign(new Error('x'), { driverError: { code } }))).toBe(true);
  });

  it.each([
    'Connection terminated unexpectedly',
    'Query read timeout',
    'timeout exceeded when trying to connect',
    'connect ECONNREFUSED',
  ])('counts a connection that is gone as one: %s', (message) => {
    expect(isStorageFailure(new Error(message))).toBe(true);
  });

  it.each(['23505', '22003', '42703', '25P02', '0A000'])('counts %s as a bad statement', (code) => {
    expect(isStorageFailure(Object.assign(new Error('x'), { code }))).toBe(false);
  });

  it.each([new Error('x'), 'x', 0, null, undefined])(
    'counts nothing else as a failure of the commit: %s',
    (cause) => {
      expect(isStorageFailure(cause)).toBe(false);
    },
  );

  it('tries those again that gave way to others', () => {
    for (const code of ['40001', '40P01'])
      expect(hasGivenWay(Object.assign(new Error('x'), { code }))).toBe(true);
    expect(hasGivenWay(Object.assign(new Error('x'), { code: '23505' }))).toBe(false);
  });
});
