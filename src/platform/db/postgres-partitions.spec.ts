import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { databaseOf, databaseUrl, isPostgres } from '../../../test/support/database.ts';
import { connectAsSuperuser } from '../../../test/support/postgres/databases.ts';
import { firstUuidAt } from '../ids.ts';
import { Sealer } from '../sealing.ts';
import { Database } from './database.ts';
import { daysOf, dayOf, makePartitions } from './postgres-partitions.ts';

const DAY_MS = 86_400_000;
const packs = 'payload_packs';
let folder: string;
let database: Database;

const open = async () => Database.open(await databaseUrl(folder), [], new Sealer(randomBytes(32)));
const days = async (table = packs) => (await daysOf(database.read, table)).map(({ day }) => day);
const store = (epochMs: number) =>
  database.door.transaction(({ manager }) =>
    manager.query(`INSERT INTO ${packs} (id, sealed) VALUES ($1, '\\x00')`, [
      `${firstUuidAt(epochMs)}-7000-8000-000000000000`,
    ]),
  );
const rest = async () => (await database.read.query(`SELECT 1 FROM ${packs}_rest`)).length as number;

beforeEach(async () => {
  if (!isPostgres) return;
  folder = mkdtempSync(join(tmpdir(), 'partitions-'));
  database = await open();
});
afterEach(async () => {
  if (!isPostgres) return;
  await database.close();
  rmSync(folder, { recursive: true, force: true });
});

describe.skipIf(!isPostgres)('The days of a table', () => {
  it('are there from yesterday to a week ahead, and a row lies in the one of its id', async () => {
    const today = dayOf(Date.now());
    for (const table of ['executions', 'execution_calls', packs])
      expect(await days(table)).toEqual(
        expect.arrayContaining([-1, 0, 1, 2, 3, 4, 5, 6, 7].map((n) => today + n)),
      );
    for (const n of [-1, 0, 7]) await store(Date.now() + n * DAY_MS);
    expect(await rest()).toBe(0);
    for (const n of [-40, 30]) await store(Date.now() + n * DAY_MS);
    expect(await rest()).toBe(2);
  });

  it('are made for those to come, but for one of which there are rows already, which refuses no start', async () => {
    const later = Date.now() + 30 * DAY_MS;
    await store(later);
    await makePartitions(database.read, later);
    const made = await days();
    expect(made).not.toContain(dayOf(later));
    expect(made).toEqual(expect.arrayContaining([dayOf(later) - 1, dayOf(later) + 1, dayOf(later) + 7]));
    await database.close();
    database = await open();
    expect(await rest()).toBe(1);
  });

  it('are not waited for while somebody holds the table, and nobody waits behind them', async () => {
    const later = Date.now() + 30 * DAY_MS;
    const backup = await connectAsSuperuser(databaseOf(folder));
    await backup.query(`BEGIN; SELECT count(*) FROM ${packs}; SELECT count(*) FROM executions`);
    let longestMs = 0;
    const progress = { isOver: false };
    const making = makePartitions(database.read, later).finally(() => (progress.isOver = true));
    for (let n = 0; !progress.isOver; n++) {
      const begun = performance.now();
      await store(Date.now() + n);
      longestMs = Math.max(longestMs, performance.now() - begun);
    }
    await making;
    // To wait for it would take 7 s.
    expect(longestMs).toBeLessThan(5_000);
    expect(await days()).not.toContain(dayOf(later));
    await backup.query('ROLLBACK');
    await backup.end();
    await makePartitions(database.read, later);
    expect(await days()).toContain(dayOf(later));
  });
});
