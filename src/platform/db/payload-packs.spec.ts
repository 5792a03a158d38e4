import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { databaseUrl, execute, isPostgres } from '../../../test/support/database.ts';
import { Sealer } from '../sealing.ts';
import { Database } from './database.ts';
import { rawQuery } from './raw-query.ts';
import type { HotTable } from './row-batch.ts';

const notes: HotTable = { name: 'notes', columns: ['id', 'text'], payloadColumn: 'payload' };
const sealer = new Sealer(randomBytes(32));
let folder: string;
let database: Database;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'payloads-'));
  await execute(folder, 'CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT, payload TEXT)');
  database = await Database.open(await databaseUrl(folder), [], sealer);
});

afterAll(async () => {
  await database.close();
  rmSync(folder, { recursive: true, force: true });
});

const columnOf = async (id: number): Promise<string | null> => {
  const [row] = (await rawQuery(database.read, 'SELECT payload FROM notes WHERE id = ?', [id])) as {
    payload: string | null;
  }[];
  return row!.payload;
};
const payloadOf = async (id: number) =>
  (await database.payload(await columnOf(id))).map((part) => part?.toString('utf8') ?? null);
const note = (id: number, payload?: (string | Buffer | null)[], text = 'a note') => ({
  table: notes,
  values: [id, text],
  ...(payload && { payload }),
});

const order = (n: number) => JSON.stringify({ n, items: Array.from({ length: 20 }, () => 'an item') });
const text = (id: number, size: number) => `${id} `.repeat(Math.ceil(size / 4) + 1).slice(0, size + 1);

describe('the payload of a row', () => {
  it('comes back part by part: texts, bytes, empty ones and none', async () => {
    await database.door.append([note(1, ['tëxt 👩‍👧', Buffer.from('bytes'), '', null, Buffer.alloc(0)])]);
    expect(await payloadOf(1)).toEqual(['tëxt 👩‍👧', 'bytes', '', null, '']);
  });

  it('comes back although its row goes as a literal', async () => {
    await database.door.append([note(2, ['of a row with a NUL'], 'a\0b')]);
    expect(await payloadOf(2)).toEqual(['of a row with a NUL']);
  });

  it('is its own, however many are committed at once and whatever their sizes', async () => {
    const sizes = Array.from({ length: 60 }, (_, index) => (index % 20 === 0 ? 400_000 : index * 700));
    await Promise.all(
      sizes.map((size, index) => database.door.append([note(100 + index, [text(index, size)])])),
    );
    for (const [index, size] of sizes.entries())
      expect(await payloadOf(100 + index)).toEqual([text(index, size)]);
    const [{ packs }] = (await database.read.query(
      'SELECT count(DISTINCT substr(payload, 1, 36)) AS packs FROM notes WHERE id >= 100',
    )) as [{ packs: number }];
    expect(packs).toBeGreaterThan(3);
    expect(packs).toBeLessThan(30);
  });

  it('of a transaction is undone with it', async () => {
    const packs = async () => (await database.read.query('SELECT id FROM payload_packs')).length;
    const before = await packs();
    const undone = database.door.transaction(async (tx) => {
      await tx.write([note(50, ['never'])]);
      throw new Error('no');
    });
    await expect(undone).rejects.toThrow('no');
    expect(await packs()).toBe(before);
  });

  it('may be completed later: the later parts count, the others stay', async () => {
    await database.door.append([note(3, ['request', null])]);
    const onConflict = "(id) DO UPDATE SET payload = notes.payload || ',' || excluded.payload";
    await database.door.append([{ ...note(3, [null, 'outcome']), table: { ...notes, onConflict } }]);
    expect(await payloadOf(3)).toEqual(['request', 'outcome']);
  });

  it('lies in the file unreadable, and opens with no other key', async () => {
    await database.door.append([note(4, ['a text to be looked for'])]);
    const packs: { sealed: Buffer }[] = await database.read.query('SELECT sealed FROM payload_packs');
    expect(packs.length).toBeGreaterThan(0);
    for (const { sealed } of packs) expect(sealed.includes('looked for')).toBe(false);
    const other = await Database.open(await databaseUrl(folder), [], new Sealer(randomBytes(32)));
    await expect(other.payload(await columnOf(4))).rejects.toThrow();
    await other.close();
  });

  it('takes little room where payloads resemble each other, and all of it where they do not', async () => {
    const sealedBytes = async (id: number) => {
      const [row] = await rawQuery<{ bytes: number }[]>(
        database.read,
        'SELECT length(sealed) AS bytes FROM payload_packs WHERE id = ?',
        [(await columnOf(id))!.slice(0, 36)],
      );
      return row!.bytes;
    };
    await Promise.all(
      Array.from({ length: 50 }, (_, n) => database.door.append([note(6_000 + n, [order(n)])])),
    );
    expect(await sealedBytes(6_000)).toBeLessThan(50 * 40);
    for (let n = 0; n < 50; n++) expect(await payloadOf(6_000 + n)).toEqual([order(n)]);
    const noise = randomBytes(20_000);
    await database.door.append([note(6_100, [noise])]);
    expect(await sealedBytes(6_100)).toBe(1 + 12 + 16 + 4 + noise.length);
    expect((await database.payload(await columnOf(6_100)))[0]).toEqual(noise);
  });

  it('opens where it was sealed without being compressed', async () => {
    const part = 'of an earlier version '.repeat(1_000);
    await database.door.append([note(7, [part])]);
    const id = (await columnOf(7))!.slice(0, 36);
    const plain = Buffer.concat([Buffer.alloc(4), Buffer.from(part)]);
    plain.writeUInt32BE(part.length);
    await database.door.transaction((tx) =>
      rawQuery(tx.manager, 'UPDATE payload_packs SET sealed = ? WHERE id = ?', [sealer.seal(plain), id]),
    );
    expect(await payloadOf(7)).toEqual([part]);
  });

  it('is no row’s that has none', async () => {
    await database.door.append([note(5)]);
    expect(await database.payload(await columnOf(5))).toEqual([]);
  });
});

describe.skipIf(isPostgres)('the log that SQLite writes ahead', () => {
  it('starts anew while commits go on: it does not grow with what has been written', async () => {
    const part = randomBytes(60_000);
    let id = 10_000;
    for (let round = 0; round < 60; round++)
      await Promise.all(Array.from({ length: 32 }, () => database.door.append([note(id++, [part])])));
    const written = (id - 10_000) * part.length;
    expect(written).toBeGreaterThan(100_000_000);
    expect(statSync(join(folder, 'signalbox.db-wal')).size).toBeLessThan(70_000_000);
    expect(await payloadOf(id - 1)).toEqual([part.toString('utf8')]);
  });
});
