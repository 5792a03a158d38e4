import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Database } from '../../src/platform/db/index.ts';
import { Sealer } from '../../src/platform/sealing.ts';
import { marksStatement } from '../crash/mixed-writes.ts';
import { databaseUrl, execute, isPostgres } from '../support/database.ts';
import { type OwnServer, startOwnServer } from '../support/postgres/own-server.ts';
import { writeWhileItFalls } from './commits-in-doubt.ts';

/** Longer than anybody who comes later is kept waiting. */
const LONG_MS = 3_000;

let server: OwnServer;
let folder: string;

beforeAll(async () => {
  if (!isPostgres) return;
  server = await startOwnServer();
  folder = mkdtempSync(join(tmpdir(), 'commits-in-doubt-'));
  await execute(folder, marksStatement);
});
afterAll(async () => {
  if (!isPostgres) return;
  await server.end();
  rmSync(folder, { recursive: true, force: true });
});

describe.runIf(isPostgres)('A PostgreSQL that falls in the middle of commits', () => {
  it('leaves nobody with an acknowledged write that is not there, or a refused transaction that is', async () => {
    const url = await databaseUrl(folder);
    const sealer = new Sealer(randomBytes(32));
    let falls = 0;
    const told = await writeWhileItFalls(
      () => Database.open(url, [], sealer),
      () => server.restart((falls += 1) === 3 ? LONG_MS : 0),
      { falls: 5, writers: 6 },
    );
    expect(told).toMatchObject({ lost: [], unwanted: [] });
    expect(told.acknowledged).toBeGreaterThan(100);
    expect(told.refused).toBeGreaterThan(5);
  }, 60_000);
});
