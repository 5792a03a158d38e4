import { dayOf, makePartition } from '../../src/platform/db/postgres-partitions.ts';
import { newId } from '../../src/platform/ids.ts';
import { isPostgres } from './database.ts';

const ROWS_AT_ONCE = 50_000;

/** Makes one statement. */
export type RunStatement = (sql: string, values: unknown[]) => Promise<unknown>;

/** What an execution that is put in past the product looks like. */
export interface Seeded {
  key: string;
  status: string;
  path: string;
}

export interface Seeds {
  rows: number;
  /** Between which moments they are spread evenly, in milliseconds since 1970. */
  from: number;
  to: number;
  /** What the n-th looks like, the oldest first. */
  at: (n: number) => Seeded;
}

/** Puts executions in by SQL, of config 1 and the account `default`. @param run makes one statement, with `?` for its value. @returns their ids, the oldest first. */
export async function seedExecutions(run: RunStatement, { rows, from, to, at }: Seeds): Promise<string[]> {
  if (isPostgres) await makeDays(run, dayOf(from));
  const ids = Array.from({ length: rows }, (_, n) =>
    newId('exe', from + Math.floor((n * (to - from)) / rows)),
  );
  for (let first = 0; first < rows; first += ROWS_AT_ONCE) {
    const values = ids.slice(first, first + ROWS_AT_ONCE).map((id, n) => {
      const { key, status, path } = at(first + n);
      return [id, key, status, path];
    });
    await run(INSERT, [JSON.stringify(values)]);
  }
  // PostgreSQL does it by itself, later.
  if (isPostgres) await run('ANALYZE', []);
  return ids;
}

/** As they would have been made when those days were today. */
async function makeDays(run: RunStatement, from: number): Promise<void> {
  const manager = { query: async <T>(sql: string) => (await run(sql, [])) as T };
  for (let day = from; day < dayOf(Date.now()); day++) await makePartition(manager, 'executions', day);
}

const INSERT = `INSERT INTO executions (account_id, id, config_id, config_version, config_key, method, path, ip, status, received_at, payload)
  SELECT 'default', value->>0, 1, 1, value->>1, 'POST', value->>3, '::1', value->>2, 0, 'p:0:1'
  FROM ${isPostgres ? 'json_array_elements(?::json) AS value' : 'json_each(?)'}`;
