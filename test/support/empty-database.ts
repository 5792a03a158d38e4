import { randomBytes } from 'node:crypto';
import { Client } from 'pg';

/** True where this run of the tests has a PostgreSQL. */
export const hasPostgres = Boolean(process.env['TEST_POSTGRES_URL']);

/** A database of its own on the tests' PostgreSQL, without any table. */
export interface EmptyDatabase {
  url: string;
  query<Row extends object>(sql: string, values?: readonly unknown[]): Promise<Row[]>;
  drop(): Promise<void>;
}

/** Makes one. */
export async function emptyDatabase(options = ''): Promise<EmptyDatabase> {
  const name = `empty_${randomBytes(8).toString('hex')}`;
  const server = process.env['TEST_POSTGRES_URL']!;
  const url = new URL(server);
  url.pathname = name;
  await within(server, (client) => client.query(`CREATE DATABASE ${name} ${options}`));
  return {
    url: url.href,
    query: async <Row extends object>(sql: string, values: readonly unknown[] = []) => {
      const { rows } = await within(url.href, (client) => client.query<Row>(sql, [...values]));
      return rows;
    },
    drop: async () => {
      await within(server, (client) => client.query(`DROP DATABASE ${name} WITH (FORCE)`));
    },
  };
}

async function within<T>(url: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
