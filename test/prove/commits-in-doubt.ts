import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Sealer } from '../../src/platform/sealing.ts';
import { marksStatement } from '../crash/mixed-writes.ts';
import { writeWhileItFalls } from '../instances/commits-in-doubt.ts';
import { databaseUrl, execute } from '../support/database.ts';
import type { PostgresServer } from '../support/postgres/postgres-server.ts';

type Db = typeof import('../../src/platform/db/index.ts');

/** One fall in so many is long: for longer than a commit in doubt had been waited for until it was refused. */
const LONG_ONE_IN = 20;
const LONG_MS = 12_000;

/** Six processes write while their PostgreSQL falls again and again: what each commit in doubt came to is known rightly. */
export async function prove(
  { falls = 60, writers = 6 }: Record<string, number>,
  server: PostgresServer | null,
) {
  if (!server)
    throw new Error('This is about PostgreSQL: TEST_DATABASE=postgres npm run prove -- commits-in-doubt');
  const built = new URL('../../dist/platform/db/index.js', import.meta.url).href;
  const { Database } = (await import(built)) as Db;
  const sealer = new Sealer(randomBytes(32));
  const folder = mkdtempSync(join(tmpdir(), 'commits-in-doubt-'));
  try {
    await execute(folder, marksStatement);
    const url = await databaseUrl(folder);
    let fallen = 0;
    const fall = () => server.restart((fallen += 1) % LONG_ONE_IN === 0 ? LONG_MS : 0);
    const { acknowledged, refused, lost, unwanted } = await writeWhileItFalls(
      () => Database.open(url, [], sealer),
      fall,
      { falls, writers },
    );
    if (lost.length > 0 || unwanted.length > 0)
      throw new Error(`${lost.length} acknowledged are lost, ${unwanted.length} refused are there`);
    return { falls, writers, acknowledged, refused, lost: lost.length, 'refused and there': unwanted.length };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
