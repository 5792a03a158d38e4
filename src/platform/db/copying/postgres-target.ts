import { DataSource, MigrationExecutor, type QueryRunner } from 'typeorm';
import { madeAt } from '../../ids.ts';
import { postgresOptions } from '../engine-postgres.ts';
import {
  dayOf,
  idsOf,
  makeOlderPartition,
  makePartition,
  partitionedTables,
} from '../postgres-partitions.ts';
import { type ColumnTypes, columnTypes, DURABLE_COMMITS, MIGRATION_LOCK } from '../postgres-settings.ts';
import { CopyRefusal } from './copy-refusal.ts';
import type { SourceTable } from './sqlite-source.ts';

/** Older days have one partition: each takes some of the locks that one transaction can have (6,400 by default). */
const DAYS_BACK_MAX = 100;

/** A row in the order of its columns, as it is written. */
export type TargetRow = readonly unknown[];

/** An empty database in which everything happens in one transaction: a failure leaves it empty. */
export class PostgresTarget {
  private readonly partitions = new Set<string>();

  private constructor(
    private readonly source: DataSource,
    private readonly runner: QueryRunner,
    private readonly types: ColumnTypes,
  ) {}

  /** Connects, and makes all tables. @throws CopyRefusal where it cannot be reached or holds anything. */
  static async open(databaseUrl: string): Promise<PostgresTarget> {
    const source = new DataSource({
      ...postgresOptions(databaseUrl, []),
      extra: { application_name: 'signalbox copy' },
    });
    await source.initialize().catch((cause: Error) => {
      throw new CopyRefusal('target', `${shown(databaseUrl)} cannot be reached: ${cause.message}`);
    });
    try {
      const runner = source.createQueryRunner();
      // It is the one transaction that may take long.
      for (const setting of ['statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout'])
        await runner.query(`SET ${setting} = 0`);
      await runner.query(DURABLE_COMMITS);
      await runner.startTransaction();
      // A server that is started on it meanwhile waits for this, and then finds everything.
      await runner.query('SELECT pg_advisory_xact_lock($1)', [MIGRATION_LOCK]);
      await refuseWhatIsThere(runner, databaseUrl);
      const migrations = new MigrationExecutor(source, runner);
      migrations.transaction = 'none';
      await migrations.executePendingMigrations();
      return new PostgresTarget(source, runner, await columnTypes(runner));
    } catch (cause) {
      await source.destroy();
      throw cause;
    }
  }

  /** What each column of a table is. @throws where it has no such table or column. */
  typesOf({ name, columns }: SourceTable): string[] {
    const types = this.types.get(name);
    if (!types) throw new Error(`PostgreSQL has no table ${name}`);
    return columns.map((column) => {
      const type = types.get(column);
      if (type === undefined) throw new Error(`PostgreSQL has no column ${column} in the table ${name}`);
      return type.replace(/ COLLATE .*/, '');
    });
  }

  async insert(table: SourceTable, rows: readonly TargetRow[]): Promise<void> {
    if (partitionedTables[table.name]) await this.makePartitionsFor(table, rows);
    const width = table.columns.length;
    const places = rows.map(
      (_, row) => `(${table.columns.map((_, column) => `$${row * width + column + 1}`).join(',')})`,
    );
    await this.runner.query(
      `INSERT INTO ${table.name} (${listed(table.columns)}) VALUES ${places.join(',')}`,
      rows.flat(),
    );
  }

  /** Goes on numbering where the source would have: a number of a row that is gone is not given again. */
  async numberOn({ name, key, lastNumber }: SourceTable): Promise<void> {
    if (lastNumber === null) return;
    await this.runner.query('SELECT setval(pg_get_serial_sequence($1, $2), $3)', [name, key[0], lastNumber]);
  }

  /** Reads a table anew, in the order of its key; the function gives as many of its next rows as it has, up to a number. */
  async readInOrder({ name, columns, key }: SourceTable): Promise<(count: number) => Promise<TargetRow[]>> {
    const cursor = `in_order_${name}`;
    await this.runner.query(
      `DECLARE ${cursor} NO SCROLL CURSOR FOR SELECT ${listed(columns)} FROM ${name} ORDER BY ${listed(key)}`,
    );
    return async (count) => {
      const rows: Record<string, unknown>[] = await this.runner.query(`FETCH ${count} FROM ${cursor}`);
      return rows.map((row) => columns.map((column) => row[column]));
    };
  }

  async commit(): Promise<void> {
    await this.runner.commitTransaction();
    // Else the first queries are planned as if everything were empty.
    await this.runner.query('ANALYZE').catch(() => undefined);
  }

  /** What was not committed is gone. */
  async close(): Promise<void> {
    await this.source.destroy();
  }

  private async makePartitionsFor(table: SourceTable, rows: readonly TargetRow[]): Promise<void> {
    const place = table.columns.findIndex((column) => column === 'execution_id' || column === 'id');
    const today = dayOf(Date.now());
    const oldest = today - DAYS_BACK_MAX;
    const { from } = idsOf(table.name, oldest);
    for (const row of rows) {
      const id = String(row[place]);
      const madeMs = madeAt(id);
      if (id < from) await this.make(table.name, oldest, makeOlderPartition);
      else if (madeMs !== null && dayOf(madeMs) <= today)
        await this.make(table.name, dayOf(madeMs), makePartition);
    }
  }

  private async make(table: string, day: number, make: typeof makePartition): Promise<void> {
    const partition = `${table} ${day} ${make.name}`;
    if (this.partitions.has(partition)) return;
    await make(this.runner.manager, table, day);
    this.partitions.add(partition);
  }
}

async function refuseWhatIsThere(runner: QueryRunner, databaseUrl: string): Promise<void> {
  const [{ encoding }]: [{ encoding: string }] = await runner.query(
    `SELECT current_setting('server_encoding') AS encoding`,
  );
  if (encoding !== 'UTF8')
    throw new CopyRefusal('target', `${shown(databaseUrl)} has the encoding ${encoding}: make it with UTF8`);
  // What belongs to an extension is nobody's content.
  const there: { name: string }[] = await runner.query(
    `SELECT relname AS name FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'f')
      AND NOT EXISTS (SELECT 1 FROM pg_depend WHERE objid = pg_class.oid AND deptype = 'e') ORDER BY relname LIMIT 3`,
  );
  if (there.length > 0)
    throw new CopyRefusal(
      'target',
      `${shown(databaseUrl)} is not empty (it holds ${there.map(({ name }) => name).join(', ')}): give a database that was made for this and that no server has been started on`,
    );
}

/** The address without its password. */
function shown(databaseUrl: string): string {
  const { host, pathname } = new URL(databaseUrl);
  return `The database ${pathname.slice(1)} on ${host}`;
}

function listed(columns: readonly string[]): string {
  return columns.map((column) => `"${column}"`).join(',');
}
