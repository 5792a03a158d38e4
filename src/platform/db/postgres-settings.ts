import type { DataSource } from 'typeorm';
import { rawQuery } from './raw-query.ts';

/** Names of advisory locks, one space for the whole database. */
export const MIGRATION_LOCK = 7_250_001;
/** Held by the one transaction of all processes that reads and then writes. */
export const TRANSACTION_LOCK = 7_250_002;

/** For each connection that works; the driver sends them as the connection begins. */
export const sessionSettings = {
  application_name: 'signalbox',
  connectionTimeoutMillis: 5_000,
  keepAlive: true,
  // Both ends give up: the server on a statement, the driver on a server that says nothing.
  statement_timeout: 20_000,
  query_timeout: 25_000,
  // Whoever waits longer for what another holds is told to come again: what waits behind him waits as long.
  lock_timeout: 5_000,
  // A process that stands still in the middle of a transaction would hold up all others.
  idle_in_transaction_session_timeout: 10_000,
};

/** A commit is on disk when it returns, whatever the server's default; a stricter one stays. */
export const DURABLE_COMMITS = `SELECT set_config('synchronous_commit', 'on', false)
  WHERE current_setting('synchronous_commit') = 'off'`;

/** Of each table of this schema what each column is, as a cast writes it. */
export type ColumnTypes = ReadonlyMap<string, ReadonlyMap<string, string>>;

/** Reads them once: values travel as one array for each column. */
export async function columnTypes({ manager }: Pick<DataSource, 'manager'>): Promise<ColumnTypes> {
  const rows: { table: string; column: string; type: string }[] = await rawQuery(
    manager,
    `SELECT relname AS "table", attname AS "column", format_type(atttypid, atttypmod) AS "type"
      FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
      WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p') AND attnum > 0 AND NOT attisdropped`,
  );
  return new Map(
    [...Map.groupBy(rows, ({ table }) => table)].map(([table, columns]) => [
      table,
      new Map(columns.map(({ column, type }) => [column, type])),
    ]),
  );
}

/** Mistakes of one statement: bad values, broken constraints, a statement that cannot be. All else is about the database. */
const STATEMENT_CLASSES = /^(21|22|23|25|2F|0A|42|44|P0)/;
/** Two transactions met, and this one gave way: the same again may well come through. */
const GAVE_WAY = /^40/;

/** True when the whole commit is lost, false when only a statement was bad. */
export function isStorageFailure(cause: unknown): boolean {
  const code = sqlState(cause);
  // Without one the connection broke, could not be made, or said nothing for too long.
  if (code === undefined) return isFromDriver(cause);
  // A read-only server (25006) is a standby: another one has taken over.
  return code === '25006' || !STATEMENT_CLASSES.test(code);
}

/** True when the same commit should be tried again at once. */
export function hasGivenWay(cause: unknown): boolean {
  return GAVE_WAY.test(sqlState(cause) ?? '');
}

/** True for an error of PostgreSQL with one of these codes. */
export function hasSqlState(cause: unknown, ...codes: readonly string[]): boolean {
  return codes.includes(sqlState(cause) ?? '');
}

function sqlState(cause: unknown): string | undefined {
  const { code, driverError } = (cause ?? {}) as { code?: unknown; driverError?: { code?: unknown } };
  const state = driverError?.code ?? code;
  return typeof state === 'string' && /^[0-9A-Z]{5}$/.test(state) ? state : undefined;
}

const driverMessages =
  /Connection terminated|connection.*(closed|ended)|not queryable|Query read timeout|timeout exceeded|timeout expired|ECONN|EPIPE|EHOSTUNREACH|ENOTFOUND|ETIMEDOUT|EAI_AGAIN|already released/i;

function isFromDriver(cause: unknown): boolean {
  const { code, message, driverError } = (cause ?? {}) as {
    code?: unknown;
    message?: unknown;
    driverError?: { message?: unknown };
  };
  return driverMessages.test(`${String(code)} ${String(message)} ${String(driverError?.message)}`);
}
