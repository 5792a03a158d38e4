import { randomBytes } from 'node:crypto';
import { Client } from 'pg';
import { postgresBinaries } from '../../test/support/postgres/binaries.ts';
import { executeOn } from '../../test/support/postgres/databases.ts';
import { owner, startedPostgres } from './postgres-server.ts';
import type { Find, Storage, StorageKind } from './storage.ts';

let databases = 0;

/** An empty database for each row, all on the one PostgreSQL of this run. */
export const postgres: StorageKind = {
  isServer: true,
  obstacle: () =>
    postgresBinaries() === null ? 'PostgreSQL’s binaries for this platform are not installed' : undefined,
  open: openDatabase,
};

async function openDatabase(): Promise<Storage> {
  const server = await startedPostgres();
  databases += 1;
  const name = `bench_${databases}`;
  await executeOn(server.url, `CREATE DATABASE ${name} OWNER ${owner}`);
  const url = server.ownersUrl(name);
  return {
    env: { DATABASE_URL: url, SECRETS_KEY: randomBytes(32).toString('base64') },
    pids: [server.pid],
    read: (work) => readFrom(url, work),
    drop: () => executeOn(server.url, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`),
  };
}

async function readFrom<T>(url: string, work: (find: Find) => Promise<T>): Promise<T> {
  const client = new Client(url);
  // Who asks something then is told.
  client.on('error', () => undefined);
  await client.connect();
  try {
    // A table that has just grown would be read through each time that somebody looks for what is unfinished.
    await client.query('SET enable_seqscan = off');
    return await work(async (sql, values = []) => {
      let n = 0;
      const text = sql.replaceAll('?', () => `$${(n += 1)}`);
      return (await client.query<Record<string, unknown>>(text, [...values])).rows;
    });
  } finally {
    await client.end();
  }
}
