import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import { secretsKeyBeside } from '../../src/platform/secrets-key.ts';
import { contentsOf } from './postgres/contents.ts';
import { executeOn, makeDatabase, ownersUrl, retireDatabases, withSuperuser } from './postgres/databases.ts';

/** Whether this run of the tests is about PostgreSQL; else it is about SQLite. */
export const isPostgres = process.env['TEST_DATABASE'] === 'postgres';

const FILE = 'signalbox.db';
/** Made by this process. */
const databases = new Set<string>();

/** The database of a data folder: empty at first, the same one each time. */
export async function databaseUrl(dataFolder: string): Promise<string> {
  if (!isPostgres) return `sqlite:${join(dataFolder, FILE)}`;
  const name = databaseOf(dataFolder);
  if (!databases.has(name)) await makeDatabase(name);
  databases.add(name);
  return ownersUrl(name);
}

/** What tells the product of it. On PostgreSQL the key file is ours, where on SQLite the product makes it. */
export async function databaseEnv(dataFolder: string): Promise<Record<string, string>> {
  const url = await databaseUrl(dataFolder);
  if (!isPostgres) return { DATABASE_URL: url };
  mkdirSync(dataFolder, { recursive: true });
  return { DATABASE_URL: url, SECRETS_KEY: secretsKeyBeside(join(dataFolder, FILE)).toString('base64') };
}

/** Rows as they lie in the database of a data folder, past the product; `?` stands for a value. */
export async function rowsOf<Row = Record<string, unknown>>(
  dataFolder: string,
  sql: string,
  values: readonly SQLInputValue[] = [],
): Promise<Row[]> {
  if (isPostgres) {
    let n = 0;
    const text = sql.replaceAll('?', () => `$${(n += 1)}`);
    const { rows } = await withSuperuser((client) => client.query(text, [...values]), databaseOf(dataFolder));
    return rows as Row[];
  }
  const database = new DatabaseSync(join(dataFolder, FILE), { readOnly: true });
  try {
    return database
      .prepare(sql)
      .all(...values)
      .map((row) => ({ ...row }) as Row);
  } finally {
    database.close();
  }
}

/** Changes a database past the product, as its owner: for tables of the tests' own, before the product opens it. */
export async function execute(dataFolder: string, statements: string): Promise<void> {
  const url = await databaseUrl(dataFolder);
  if (isPostgres) return executeOn(url, statements);
  const database = new DatabaseSync(join(dataFolder, FILE));
  database.exec(statements);
  database.close();
}

/** Every byte that the database of a data folder keeps, its log on SQLite included, as Latin-1 text. */
export async function keptBytes(dataFolder: string): Promise<string> {
  if (isPostgres) return contentsOf(databaseOf(dataFolder));
  const files = readdirSync(dataFolder).filter((name) => name.startsWith(FILE));
  return files.map((name) => readFileSync(join(dataFolder, name)).toString('latin1')).join('\n');
}

/** Gives up the databases that this process has made: their data folders are used no more. */
export async function giveUpDatabases(): Promise<void> {
  await retireDatabases([...databases]);
  databases.clear();
}

/** Its name on the server, where there is one. */
export function databaseOf(dataFolder: string): string {
  return `test_${createHash('sha256').update(dataFolder).digest('hex').slice(0, 24)}`;
}
