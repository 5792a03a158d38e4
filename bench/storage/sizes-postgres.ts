import { randomBytes } from 'node:crypto';
import { Client } from 'pg';
import type { Sizes, TableSize } from './sizes.ts';

/** Partitions count for the table that they are parts of. */
const byTable = `
  SELECT COALESCE(inhparent, pg_class.oid)::regclass::text AS "table",
    SUM(pg_table_size(pg_class.oid))::float8 AS rows,
    SUM(pg_indexes_size(pg_class.oid))::float8 AS indexes
  FROM pg_class LEFT JOIN pg_inherits ON inhrelid = pg_class.oid
  WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r'
  GROUP BY 1`;

/** The sizes of a database on a server that nothing else writes to meanwhile. */
export async function postgresSizes(databaseUrl: string): Promise<Sizes> {
  const client = new Client({ connectionString: databaseUrl });
  await client.connect();
  return {
    env: { DATABASE_URL: databaseUrl, SECRETS_KEY: randomBytes(32).toString('base64') },
    tables: async () => (await client.query<TableSize>(byTable)).rows,
    written: async () => {
      const { rows } = await client.query<{ bytes: number }>(
        `SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::float8 AS bytes`,
      );
      return rows[0]!.bytes;
    },
    close: () => client.end(),
  };
}
