import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { commitsOf } from '../../../test/support/commits.ts';
import { databaseUrl, execute, isPostgres } from '../../../test/support/database.ts';
import { Sealer } from '../sealing.ts';
import { Database } from './database.ts';
import { type HotTable, type TableRow, writeStatement } from './row-batch.ts';
import type { WriteDoor } from './write-door.ts';

const notes: HotTable = { name: 'notes', columns: ['id', 'status'], payloadColumn: 'payload' };
const endedNotes: HotTable = {
  ...notes,
  onConflict: `(id) DO UPDATE SET status = excluded.status, payload = notes.payload || ',' || excluded.payload`,
};
const counts: HotTable = { name: 'counts', columns: ['place', 'minute'], counters: ['calls', 'bytes'] };
const jobs: HotTable = { name: 'jobs', columns: ['id', 'attempt', 'due'] };
const doneJobs: HotTable = { name: 'jobs', columns: ['id', 'attempt'], removes: true };

/** What JSON cannot carry makes its whole commit go as literals. */
const odd: HotTable = { name: 'odd', columns: ['text'] };

const note = (id: number, payload: string[], status: string | null = 'received'): TableRow => ({
  table: notes,
  values: [id, status],
  payload,
});
const ended = (id: number, payload: (string | null)[], status: string | null = 'succeeded'): TableRow => ({
  table: endedNotes,
  values: [id, status],
  payload,
});
const counted = (place: string, minute: number, bytes: number): TableRow => ({
  table: counts,
  values: [place, minute, 1, bytes],
});
const job = (id: string, attempt: number, due: string | null = 'now'): TableRow => ({
  table: jobs,
  values: [id, attempt, due],
});
const done = (id: string, attempt: number): TableRow => ({ table: doneJobs, values: [id, attempt] });

let folder: string;
let database: Database;
let door: WriteDoor;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'row-batch-'));
  await execute(
    folder,
    `CREATE TABLE odd (text TEXT);
     CREATE TABLE notes (id INTEGER PRIMARY KEY, status TEXT NOT NULL, payload TEXT);
     CREATE TABLE counts (place TEXT, minute INTEGER, calls INTEGER, bytes INTEGER, PRIMARY KEY (place, minute));
     CREATE TABLE jobs (id TEXT, attempt INTEGER, due TEXT NOT NULL, PRIMARY KEY (id, attempt));`,
  );
  database = await Database.open(await databaseUrl(folder), [], new Sealer(randomBytes(32)));
  door = database.door;
});
afterEach(async () => {
  await database.close();
  rmSync(folder, { recursive: true, force: true });
});

const read = <Row = Record<string, unknown>>(query: string): Promise<Row[]> => database.read.query(query);
const countsNow = () => read('SELECT * FROM counts ORDER BY place, minute');
const jobsNow = async () =>
  (await read<{ job: string }>("SELECT id || '/' || attempt AS job FROM jobs ORDER BY job")).map(
    ({ job: name }) => name,
  );
async function notesNow(): Promise<unknown[]> {
  const rows = await read<{ id: number; status: string; payload: string }>('SELECT * FROM notes ORDER BY id');
  return Promise.all(
    rows.map(async ({ id, status, payload }) => [
      id,
      status,
      (await database.payload(payload)).map((part) => part?.toString() ?? null),
    ]),
  );
}

/** Whatever way rows go to the database, they have to do the same there. */
const ways = {
  'in a commit of rows alone': (rows: TableRow[]) => door.append(rows),
  'in a commit of rows alone, as literals': (rows: TableRow[]) =>
    door.append([...rows, { table: odd, values: ['a\0b'] }]),
  'beside a transaction': async (rows: TableRow[]) => {
    const others = door.transaction(({ manager }) => manager.query('DELETE FROM notes WHERE id = -1'));
    await Promise.all([door.append(rows), others]);
  },
  'within a transaction': (rows: TableRow[]) => door.transaction((tx) => tx.write(rows)),
};

describe.each(Object.entries(ways))('Rows %s', (_name, write) => {
  it('complete the row that is there and its payload, or make one', async () => {
    await write([note(1, ['request'])]);
    await write([ended(1, [null, 'outcome']), ended(2, ['whole', 'at once'])]);
    expect(await notesNow()).toEqual([
      [1, 'succeeded', ['request', 'outcome']],
      [2, 'succeeded', ['whole', 'at once']],
    ]);
  });

  it('complete one row twice in one commit, in their order', async () => {
    await write([
      ended(1, ['request'], 'received'),
      ended(1, [null, 'first'], 'running'),
      ended(1, [null, 'second']),
    ]);
    expect(await notesNow()).toEqual([[1, 'succeeded', ['request', 'second']]]);
  });

  it('are added up where they are counted, within one commit and over several', async () => {
    await write([counted('a', 1, 10), counted('b', 1, 1), counted('a', 1, 20), counted('a', 2, 5)]);
    await write([counted('a', 1, 3)]);
    expect(await countsNow()).toEqual([
      { place: 'a', minute: 1, calls: 3, bytes: 33 },
      { place: 'a', minute: 2, calls: 1, bytes: 5 },
      { place: 'b', minute: 1, calls: 1, bytes: 1 },
    ]);
  });

  it('remove what they name and nothing else', async () => {
    await write([job('x', 1), job('x', 2), job('y', 1), job("it's", 1)]);
    await write([done('x', 1), done('y', 2), done("it's", 1)]);
    expect(await jobsNow()).toEqual(['x/2', 'y/1']);
  });

  it('go to several tables at once, with removals last whatever the order', async () => {
    await write([job('x', 1)]);
    await write([
      done('y', 1),
      done('x', 1),
      note(1, ['a', 'b']),
      job('y', 1),
      job('x', 2),
      counted('a', 1, 1),
    ]);
    expect(await jobsNow()).toEqual(['x/2']);
    expect(await notesNow()).toEqual([[1, 'received', ['a', 'b']]]);
    expect(await countsNow()).toHaveLength(1);
  });
});

describe('A commit of several tables', () => {
  it('is one commit, whoever brings which rows', async () => {
    await door.append([note(100, ['first of its kind']), counted('z', 1, 1), job('z', 1)]);
    const before = await commitsOf(folder);
    await Promise.all(
      Array.from({ length: 60 }, (_, id) =>
        door.append(
          [
            [note(id, [`payload of ${id}`]), counted('a', id % 2, id)],
            [job(`job ${id}`, 1), counted('a', 0, 1)],
            [done('z', 1)],
          ][id % 3] as TableRow[],
        ),
      ),
    );
    expect((await commitsOf(folder)) - before).toBe(1);
    expect((await notesNow()).slice(0, -1)).toEqual(
      Array.from({ length: 20 }, (_, n) => [n * 3, 'received', [`payload of ${n * 3}`]]),
    );
    expect(await jobsNow()).toHaveLength(20);
    const [sum] = await read("SELECT sum(calls) AS calls FROM counts WHERE place = 'a'");
    expect(sum).toEqual({ calls: 40 });
  });

  it('with one bad row refuses the append it belongs to alone, from all its tables', async () => {
    const good = [note(1, ['one']), counted('a', 1, 1), job('x', 1)];
    const bad = [note(2, ['two']), counted('a', 1, 100), job('y', 1, null)];
    const alsoBad = [ended(3, ['three'], null), counted('a', 1, 1_000), done('x', 1)];
    const results = await Promise.allSettled([
      door.append(bad),
      door.append(good),
      door.append(alsoBad),
      door.append([counted('a', 1, 2), counted('b', 1, 1)]),
    ]);
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'rejected', 'fulfilled']);
    expect(await notesNow()).toEqual([[1, 'received', ['one']]]);
    expect(await jobsNow()).toEqual(['x/1']);
    expect(await countsNow()).toEqual([
      { place: 'a', minute: 1, calls: 2, bytes: 3 },
      { place: 'b', minute: 1, calls: 1, bytes: 1 },
    ]);
    const [packs] = await read('SELECT count(*) AS packs FROM payload_packs');
    expect(packs).toEqual({ packs: 1 });
  });

  it('counts nothing for a number that is none, and refuses that append alone', async () => {
    const results = await Promise.allSettled([
      door.append([counted('a', 1, Number.NaN)]),
      door.append([counted('a', 1, 1)]),
    ]);
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'fulfilled']);
    expect(await countsNow()).toEqual([{ place: 'a', minute: 1, calls: 1, bytes: 1 }]);
  });

  it('tells keys apart that look alike when written one after the other', async () => {
    await door.append([
      { table: counts, values: ['a,1', 2, 1, 0] },
      { table: counts, values: ['a', 12, 1, 0] },
      { table: counts, values: ['a"', 2, 1, 0] },
    ]);
    expect(await countsNow()).toHaveLength(3);
  });

  it('of a transaction that fails leaves nothing of what it wrote', async () => {
    const failing = door.transaction(async (tx) => {
      await tx.write([note(1, ['one']), counted('a', 1, 1)]);
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    expect([...(await notesNow()), ...(await countsNow())]).toEqual([]);
  });

  it.skipIf(isPostgres)('removes by an index, as SQLite tells it', async () => {
    const rows = "SELECT value->>0, value->>1 FROM json_each('[]') WHERE true";
    const plan = await read<{ detail: string }>(`EXPLAIN QUERY PLAN ${writeStatement(doneJobs, rows)}`);
    expect(plan.map(({ detail }) => detail).join('\n')).toContain('SEARCH jobs USING');
  });
});
