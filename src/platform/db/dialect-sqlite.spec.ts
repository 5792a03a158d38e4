import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { seeded } from '../../../test/crash/seeded.ts';
import { oddTexts, randomValue } from '../../../test/support/odd-values.ts';
import { isPostgres } from '../../../test/support/database.ts';
import { Sealer } from '../sealing.ts';
import { Database } from './database.ts';
import { sqliteLiteral } from './dialect-sqlite.ts';
import { isStorageFailure } from './sqlite-settings.ts';

/** No declared type: SQLite keeps what it is given and converts nothing. */
const things = { name: 'things', columns: ['id', 'value'] };

const sealer = new Sealer(randomBytes(32));
let folder: string;
let database: Database;
let nextId = 1;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'dialect-'));
  database = await Database.open(`sqlite:${join(folder, 'dialect.db')}`, [], sealer);
  await database.door.transaction((tx) =>
    tx.manager.query('CREATE TABLE things (id INTEGER PRIMARY KEY, value)'),
  );
});

afterAll(async () => {
  await database.close();
  rmSync(folder, { recursive: true, force: true });
});

async function roundTrip(values: readonly unknown[]): Promise<unknown[]> {
  const first = nextId;
  nextId += values.length;
  await database.door.append(
    values.map((value, index) => ({ table: things, values: [first + index, value] })),
  );
  const query = 'SELECT value FROM things WHERE id >= ? ORDER BY id';
  const rows = (await database.read.query(query, [first])) as { value: unknown }[];
  return rows.map(({ value }) => value);
}

describe.skipIf(isPostgres)('a value on its way to SQLite', () => {
  it.each(Object.entries(oddTexts))('comes back as it was: %s', async (_name, text) => {
    expect((await roundTrip([text]))[0] === text).toBe(true);
  });

  it.each(Object.entries(oddTexts))(
    'comes back as it was beside a blob, as a literal: %s',
    async (_name, text) => {
      expect((await roundTrip([text, Buffer.from([1])]))[0] === text).toBe(true);
    },
  );

  it.each([[[]], [[Buffer.from([1])]]])(
    'holds no NUL, as on PostgreSQL, and stands apart from nothing else: beside %j',
    async (others) => {
      const withNul = ["'\0'; DROP TABLE things; --", '\0text\0', 'before\0after'];
      const found = await roundTrip([...withNul, ...others]);
      expect(found.slice(0, 3)).toEqual([
        "'\ufffd'; DROP TABLE things; --",
        '\ufffdtext\ufffd',
        'before\ufffdafter',
      ]);
    },
  );

  it('is well-formed Unicode in the database, whatever it was', async () => {
    expect(await roundTrip(['a\ud800b'])).toEqual(['a\ufffdb']);
  });

  it('comes back as it was: numbers at the edges', async () => {
    const numbers = [0, 1, -1, 0.1, -0.5, 1e308, -1e308, 1.7976931348623157e308, 5e-324, 1e21, 123_456.789];
    numbers.push(Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER, 1_763_700_000_000);
    expect(await roundTrip(numbers)).toEqual(numbers);
  });

  it('is zero for a negative zero, which no column needs', async () => {
    expect((await roundTrip([-0]))[0] === 0).toBe(true);
  });

  it.each([
    Number.NaN,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
    1n,
    {},
    [],
    new Date(0),
    Symbol('s'),
  ])('is refused before it reaches the database: %s', (value) => {
    expect(() => sqliteLiteral(value)).toThrow(TypeError);
  });

  it('is NULL for null and undefined', async () => {
    expect(await roundTrip([null, undefined])).toEqual([null, null]);
  });

  it('is 1 for true and 0 for false', async () => {
    expect(await roundTrip([true, false])).toEqual([1, 0]);
  });

  it('comes back byte for byte: blobs, empty and with every byte', async () => {
    const every = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
    const [empty, all] = await roundTrip([Buffer.alloc(0), every]);
    expect(all).toEqual(every);
    expect(empty === null || (empty as Buffer).length === 0).toBe(true);
  });

  it('comes back as it was for 2,000 random texts, numbers and blobs', async () => {
    const random = seeded(20_260_731);
    const values = Array.from({ length: 2_000 }, () => randomValue(random));
    const found = await roundTrip(values);
    const wrong = values.filter((value, index) => !isSame(value, found[index]));
    expect(wrong).toEqual([]);
  });
});

describe.skipIf(isPostgres)('the dialect of SQLite', () => {
  it.each([
    'SQLITE_FULL',
    'SQLITE_BUSY',
    'SQLITE_IOERR',
    'SQLITE_READONLY',
    'SQLITE_CORRUPT',
    'SQLITE_CANTOPEN',
  ])('counts %s as a failure of the storage, also inside a TypeORM error', (code) => {
    expect(isStorageFailure(Object.assign(new Error('x'), { code }))).toBe(true);
    expect(isStorageFailure(Object.assign(new Error('x'), { driverError: { code } }))).toBe(true);
  });

  it.each([new Error('x'), Object.assign(new Error('x'), { code: 'SQLITE_CONSTRAINT' }), 'x', 0])(
    'counts nothing else as one: %s',
    (cause) => {
      expect(isStorageFailure(cause)).toBe(false);
    },
  );

  it.each([null, undefined])('survives that somebody throws %s', (cause) => {
    expect(isStorageFailure(cause)).toBe(false);
  });
});

function isSame(given: unknown, found: unknown): boolean {
  if (Buffer.isBuffer(given)) return Buffer.isBuffer(found) && given.equals(found);
  return given === found;
}
