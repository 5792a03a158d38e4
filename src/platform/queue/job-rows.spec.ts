import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { idOf, job, mark } from '../../../test/contracts/queue-harness.ts';
import { marksStatement } from '../../../test/crash/mixed-writes.ts';
import { commitsOf } from '../../../test/support/commits.ts';
import { databaseUrl, execute, isPostgres, rowsOf } from '../../../test/support/database.ts';
import { Database, RowNotThere } from '../db/index.ts';
import { Sealer } from '../sealing.ts';
import { againRow, endedRow, jobRow, keptRow } from './job-rows.ts';
import type { Job } from './index.ts';

const held = (n: number): Job => ({ ...job(idOf(n)), attempt: 1, hold: { holder: 'a', claim: 3 } });
const stale = (n: number): Job => ({ ...held(n), hold: { holder: 'a', claim: 2 } });
let folder: string;
let database: Database;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'job-rows-'));
  await execute(folder, marksStatement);
  database = await Database.open(await databaseUrl(folder), [], new Sealer(randomBytes(32)));
});

afterEach(async () => {
  await database.close();
  rmSync(folder, { recursive: true, force: true });
});

const jobs = async () =>
  await rowsOf(folder, 'SELECT id, holder, attempt, run_at AS "runAt" FROM queue_jobs ORDER BY id');
const marks = async () =>
  (await rowsOf<{ id: number }>(folder, 'SELECT id FROM marks ORDER BY id')).map(({ id }) => id);
const tableReads = async () => {
  await database.door.transaction((tx) => tx.manager.query('SELECT pg_stat_force_next_flush()'));
  const [row] = await rowsOf<{ read: number }>(
    folder,
    `SELECT seq_tup_read AS read FROM pg_stat_user_tables WHERE relname = 'queue_jobs'`,
  );
  return row!.read;
};

describe.runIf(isPostgres)('rows of jobs that are held', () => {
  it('end, go on and stay as one commit together, each with what comes with it', async () => {
    const { door } = database;
    await door.append([1, 2, 3, 4].map((n) => jobRow(held(n))));
    const before = await commitsOf(folder);
    await Promise.all([
      door.append([endedRow(held(1)), mark(1)]),
      door.append([againRow(held(2), 99), mark(2)]),
      door.append([keptRow(held(3)), mark(3)]),
      door.append([jobRow({ ...job('new'), attempt: 1 }), mark(4)]),
    ]);
    expect((await commitsOf(folder)) - before).toBe(1);
    expect(await jobs()).toEqual([
      { id: idOf(2), holder: null, attempt: 2, runAt: 99 },
      { id: idOf(3), holder: 'a', attempt: 1, runAt: 0 },
      { id: idOf(4), holder: 'a', attempt: 1, runAt: 0 },
      { id: 'new', holder: null, attempt: 1, runAt: 0 },
    ]);
    expect(await marks()).toEqual([1, 2, 3, 4]);
  });

  it('that were taken anew since fail with what comes with them, and with nothing else of that commit', async () => {
    const { door } = database;
    await door.append([1, 2].map((n) => jobRow(held(n))));
    const results = await Promise.allSettled([
      door.append([endedRow(stale(1)), mark(1)]),
      door.append([endedRow(held(2)), mark(2)]),
      // A job ends once.
      door.append([endedRow(held(2)), mark(3)]),
      door.append([keptRow(stale(1)), mark(4)]),
      door.append([mark(5)]),
    ]);
    expect(results.map(({ status }) => status)).toEqual([
      'rejected',
      'fulfilled',
      'rejected',
      'rejected',
      'fulfilled',
    ]);
    const causes = results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
    for (const cause of causes) expect(cause).toBeInstanceOf(RowNotThere);
    expect((await jobs()).map(({ id }) => id)).toEqual([idOf(1)]);
    expect(await marks()).toEqual([2, 5]);
  });

  it('are found by their index, also by a process that has known their table as an empty one', async () => {
    const { door } = database;
    for (let n = 1; n <= 12; n++) {
      await door.append([jobRow(held(n))]);
      await door.append([endedRow(held(n)), mark(n)]);
    }
    await execute(
      folder,
      `INSERT INTO queue_jobs (id, kind, lane, run_at, attempt, data, holder, claim)
        SELECT 'job_' || lpad(n::text, 6, '0'), 'k', 'lane', 0, 1, '', 'a', 3 FROM generate_series(1, 50000) AS n`,
    );
    const before = await tableReads();
    for (let n = 101; n <= 105; n++) await door.append([endedRow(held(n)), mark(n)]);
    expect((await tableReads()) - before).toBe(0);
    expect(await marks()).toHaveLength(17);
  });
});
