import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { DatabaseError } from 'pg';
import { databaseOf, isPostgres } from './database.ts';
import { connectAsSuperuser } from './postgres/databases.ts';

const DEADLOCK = '40P01';
const TRIES_MAX = 20;

/** Keeps the product from writing, and from nothing else, as a careless backup would: this process is another one. */
export async function lockForWriting(dataFolder: string): Promise<{ release(): Promise<void> }> {
  return isPostgres ? lockTables(dataFolder) : lockFile(dataFolder);
}

function lockFile(dataFolder: string) {
  const database = new DatabaseSync(join(dataFolder, 'signalbox.db'), { timeout: 10_000 });
  database.exec('BEGIN EXCLUSIVE');
  return {
    release: async () => {
      database.exec('ROLLBACK');
      database.close();
    },
  };
}

async function lockTables(dataFolder: string) {
  const client = await connectAsSuperuser(databaseOf(dataFolder));
  const { rows } = await client.query<{ name: string }>(
    `SELECT oid::regclass::text AS name FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace`,
  );
  const lock = `BEGIN; LOCK TABLE ${rows.map(({ name }) => name).join(', ')} IN EXCLUSIVE MODE`;
  for (let tries = 1; ; tries++) {
    try {
      await client.query(lock);
      break;
    } catch (error) {
      // Whoever writes at this moment has some of the tables already, and waits for others of them.
      if ((error as DatabaseError).code !== DEADLOCK || tries === TRIES_MAX) throw error;
      await client.query('ROLLBACK');
    }
  }
  return {
    release: async () => {
      await client.query('ROLLBACK');
      await client.end();
    },
  };
}
