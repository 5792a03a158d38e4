import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ExecutionRecorder } from '../../src/features/executions/index.ts';
import { databaseOf, isPostgres, rowsOf } from '../support/database.ts';
import { InProcess } from '../support/in-process.ts';
import { received, recordEnd } from '../support/made-executions.ts';
import { connectAsSuperuser } from '../support/postgres/databases.ts';
import { until } from '../support/until.ts';

let server: InProcess;
let recorder: ExecutionRecorder;

/** How often each partition of packs was cleared: VACUUM was given for it. */
async function cleared(): Promise<Map<string, number>> {
  const rows = await rowsOf<{ name: string; times: number }>(
    server.dataFolder,
    `SELECT relname AS name, vacuum_count AS times FROM pg_stat_user_tables WHERE relname LIKE 'payload_packs_%'`,
  );
  return new Map(rows.map(({ name, times }) => [name, times]));
}

/** Today's, or yesterday's where midnight was a moment ago. */
async function partitionOfPacks(): Promise<string> {
  const [row] = await rowsOf<{ name: string }>(
    server.dataFolder,
    'SELECT tableoid::regclass::text AS name FROM payload_packs ORDER BY id LIMIT 1',
  );
  return row!.name;
}

const purge = async () => (await server.command('PurgeExecutionsCommand', { all: true })).body.data;
const record = async (amount: number) => {
  for (let n = 0; n < amount; n++) await recordEnd(recorder, received());
};

beforeAll(async () => {
  if (!isPostgres) return;
  server = await InProcess.start();
  recorder = server.app.get(ExecutionRecorder);
});
afterAll(async () => {
  if (isPostgres) await server.stop();
});

describe.skipIf(!isPostgres)('A purge on PostgreSQL', () => {
  it('clears away what the rows of packs were before, in the days that it touched and in no others', async () => {
    await record(5);
    const today = await partitionOfPacks();
    expect(await purge()).toEqual({ purged: 5, skipped: 0 });
    const figures = await cleared();
    expect(figures.get(today)).toBe(1);
    figures.delete(today);
    expect(figures.size).toBeGreaterThan(7);
    expect([...figures.values()].filter((times) => times > 0)).toEqual([]);
  });

  it('does not fail, nor wait for long, where that has to wait: it goes on by itself', async () => {
    await record(5);
    const today = await partitionOfPacks();
    const times = (await cleared()).get(today)!;
    const other = await connectAsSuperuser(databaseOf(server.dataFolder));
    // As another VACUUM holds it; rows are written all the same.
    await other.query(`BEGIN; LOCK TABLE ${today} IN SHARE UPDATE EXCLUSIVE MODE`);
    const begun = performance.now();
    expect(await purge()).toEqual({ purged: 5, skipped: 0 });
    expect(performance.now() - begun).toBeLessThan(15_000);
    expect((await cleared()).get(today)!).toBe(times);
    await other.query('ROLLBACK');
    await other.end();
    await until(async () => ((await cleared()).get(today)! > times ? true : null));
  });

  it('does not fail where the connection for it breaks, and the next purge clears away with another', async () => {
    await record(5);
    const today = await partitionOfPacks();
    const breaking = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE datname = current_database() AND query LIKE 'VACUUM %' AND pid <> pg_backend_pid()`;
    await rowsOf(server.dataFolder, breaking);
    expect(await purge()).toEqual({ purged: 5, skipped: 0 });
    await record(5);
    const times = (await cleared()).get(today)!;
    expect(await purge()).toEqual({ purged: 5, skipped: 0 });
    expect((await cleared()).get(today)).toBe(times + 1);
  });
});
