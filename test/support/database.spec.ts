import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { commitsOf } from './commits.ts';
import { lockForWriting } from './database-lock.ts';
import { databaseUrl, execute, isPostgres, keptBytes, rowsOf } from './database.ts';

const things = `CREATE TABLE things (id INTEGER PRIMARY KEY, text TEXT, bytes ${isPostgres ? 'BYTEA' : 'BLOB'})`;
const hex = (text: string) => `${isPostgres ? "'\\x" : "X'"}${Buffer.from(text).toString('hex')}'`;
let folder: string;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'database-'));
  // A log that is written ahead, as the product has it.
  if (!isPostgres) await execute(folder, 'PRAGMA journal_mode = WAL');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('The database of a data folder', () => {
  it('is the same one each time, and another one than that of another folder', async () => {
    const other = mkdtempSync(join(tmpdir(), 'database-'));
    await execute(folder, things);
    expect(await databaseUrl(folder)).toBe(await databaseUrl(folder));
    expect(await databaseUrl(other)).not.toBe(await databaseUrl(folder));
    expect(await rowsOf(folder, 'SELECT id FROM things')).toEqual([]);
    await execute(other, things);
    rmSync(other, { recursive: true, force: true });
  });

  it('gives its rows as they lie there, with one form for numbers, truths and bytes', async () => {
    await execute(folder, `${things}; INSERT INTO things VALUES (1, 'a', ${hex('b')}), (2, NULL, NULL)`);
    const query = `SELECT id, text, bytes, id > 1 AS later FROM things WHERE id >= ? AND id <= ? ORDER BY id`;
    const rows = await rowsOf<{ bytes: Uint8Array | null }>(folder, query, [1, 2]);
    expect(rows.map(({ bytes, ...row }) => ({ ...row, bytes: bytes && Buffer.from(bytes) }))).toEqual([
      { id: 1, text: 'a', bytes: Buffer.from('b'), later: 0 },
      { id: 2, text: null, bytes: null, later: 1 },
    ]);
    expect(await rowsOf(folder, 'SELECT count(*) AS n, sum(id) AS sum FROM things')).toEqual([
      { n: 2, sum: 3 },
    ]);
  });

  it('shows every byte that it keeps: texts, bytes, what is long, and what is deleted', async () => {
    const long = `'${'long '.repeat(5_000)} its end'`;
    await execute(
      folder,
      `${things}; INSERT INTO things VALUES (1, 'the text', ${hex('the bytes')}), (2, ${long}, NULL), (3, 'of before', NULL)`,
    );
    await execute(folder, 'DELETE FROM things WHERE id = 3');
    const kept = await keptBytes(folder);
    for (const part of ['the text', 'the bytes', 'its end', 'of before']) expect(kept).toContain(part);
    expect(kept).not.toContain('what was never there');
  });

  // On SQLite who closes the file last takes the log with it: row-batch.spec.ts counts there.
  it.runIf(isPostgres)('tells its commits apart', async () => {
    await execute(folder, things);
    await execute(folder, `INSERT INTO things VALUES (1, 'a', NULL)`);
    const before = await commitsOf(folder);
    await execute(folder, `INSERT INTO things VALUES (2, 'b', NULL), (3, 'c', NULL)`);
    await execute(folder, `INSERT INTO things VALUES (4, 'd', NULL)`);
    expect((await commitsOf(folder)) - before).toBe(2);
  });

  it('can be locked against writing, and is read all the while', async () => {
    await execute(folder, `${things}; INSERT INTO things VALUES (1, 'a', NULL)`);
    const lock = await lockForWriting(folder);
    const impatient = isPostgres ? `SET lock_timeout = '100ms'; ` : '';
    const add = () => execute(folder, `${impatient}INSERT INTO things VALUES (2, 'b', NULL)`);
    await expect(add()).rejects.toThrow(/lock/);
    expect(await rowsOf(folder, 'SELECT id FROM things')).toEqual([{ id: 1 }]);
    await lock.release();
    await add();
    expect(await rowsOf(folder, 'SELECT id FROM things ORDER BY id')).toEqual([{ id: 1 }, { id: 2 }]);
  });
});
