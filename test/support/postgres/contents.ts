import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Client } from 'pg';
import { withSuperuser } from './databases.ts';

/**
 * What a database keeps, as Latin-1 text: its files, in which deleted rows lie too, and its rows, because long values
 * are compressed in the files.
 */
export function contentsOf(database: string): Promise<string> {
  return withSuperuser(async (client) => {
    await client.query('CHECKPOINT');
    const texts = [...filesIn(await folderOf(client)), ...(await rowsIn(client))];
    return texts.map((bytes) => bytes.toString('latin1')).join('\n');
  }, database);
}

async function folderOf(client: Client): Promise<string> {
  const { rows } = await client.query<{ data: string; oid: string }>(
    `SELECT current_setting('data_directory') AS data, oid::text FROM pg_database WHERE datname = current_database()`,
  );
  return join(rows[0]!.data, 'base', rows[0]!.oid);
}

function filesIn(folder: string): Buffer[] {
  return readdirSync(folder).flatMap((name) => {
    try {
      return [readFileSync(join(folder, name))];
    } catch (error) {
      // Removed since: an index that was built anew, say.
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw error;
    }
  });
}

async function rowsIn(client: Client): Promise<Buffer[]> {
  const { rows: tables } = await client.query<{ name: string }>(
    `SELECT oid::regclass::text AS name FROM pg_class
     WHERE relkind = 'r' AND relnamespace NOT IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)`,
  );
  const found: Buffer[] = [];
  for (const { name } of tables) {
    const { rows } = await client.query<unknown[]>({ text: `SELECT * FROM ${name}`, rowMode: 'array' });
    found.push(...rows.flat().map((value) => (Buffer.isBuffer(value) ? value : Buffer.from(String(value)))));
  }
  return found;
}
