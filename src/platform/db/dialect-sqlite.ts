import type { Database as SqliteConnection } from 'sqlite3';
import type { QueryRunner } from 'typeorm';
import type { Sealer } from '../sealing.ts';
import type { Dialect } from './dialect.ts';
import type { LogKeeper } from './log-keeper.ts';
import { type SealedPack, sealPacks } from './payload-packs.ts';
import { type HotTable, type RowBatch, writeStatement } from './row-batch.ts';
import { SqliteCommitStatement } from './sqlite-commit-statement.ts';
import { isStorageFailure, PROBE } from './sqlite-settings.ts';
import { type TableRecords, tableRecords } from './sqlite-table-records.ts';
import { storedText } from './stored-text.ts';

const BEGIN = 'BEGIN IMMEDIATE';
/** With so many statements only those for whole rows are added. */
const STATEMENTS_MAX = 32;
/** Each statement keeps what was bound to it last, twice: with larger payloads only those for whole rows are taken. */
const SHARED_BYTES_MAX = 262_144;
const packTable: HotTable = { name: 'payload_packs', columns: ['id', 'sealed'] };

/** SQLite. A commit of rows is one trip to the database thread: each further one would wait for the main loop. */
export class SqliteDialect implements Dialect {
  readonly runner: QueryRunner;
  readonly isStorageFailure = isStorageFailure;
  /** One for each set of tables that came together in a commit, and of columns that all of their rows shared. */
  private readonly statements = new Map<string, SqliteCommitStatement>();
  private readonly numberOf = new Map<HotTable, number>();

  private readonly connection: SqliteConnection;
  private readonly log: LogKeeper;
  private readonly sealer: Sealer;

  /** @param parts.connection the runner's: the door has it for itself. */
  constructor(parts: { runner: QueryRunner; connection: SqliteConnection; log: LogKeeper; sealer: Sealer }) {
    this.runner = parts.runner;
    this.connection = parts.connection;
    this.log = parts.log;
    this.sealer = parts.sealer;
  }

  /** Takes the write lock at once, so that a busy database shows at BEGIN and not in the middle. */
  async begin(): Promise<void> {
    await this.runner.query(BEGIN);
  }

  async commit(): Promise<void> {
    await this.runner.query('COMMIT');
  }

  writeRows(batch: RowBatch): Promise<void> {
    return this.execute(writeScript(batch, this.sealer));
  }

  async commitRows(batch: RowBatch): Promise<void> {
    const records = batch.tables.size === 0 ? null : this.recordsOf(batch);
    if (records === null) {
      const script = `${BEGIN};${writeScript(batch, this.sealer) || PROBE}COMMIT`;
      await this.execute(script);
      this.committed(script.length);
    } else {
      // Nothing is awaited before the commit is on its way, but for the first of its kind.
      const statement = this.statements.get(this.nameOf(records)) ?? (await this.prepare(records));
      const packs = sealPacks(batch, this.sealer);
      await statement.run(packs, records);
      this.committed(bytesOf(packs) + records.reduce((sum, { bytes }) => sum + bytes, 0));
    }
  }

  committed(bytes: number): void {
    this.log.grown(bytes);
  }

  beforeCommit(): Promise<unknown> | undefined {
    return this.log.beforeCommit();
  }

  async close(): Promise<void> {
    await Promise.all([...this.statements.values()].map((statement) => statement.finalize()));
    this.statements.clear();
  }

  private recordsOf(batch: RowBatch): readonly TableRecords[] | null {
    if (batch.plain.length > SHARED_BYTES_MAX) return tableRecords(batch, false);
    const records = tableRecords(batch, true);
    if (records === null || this.statements.size < STATEMENTS_MAX) return records;
    return this.statements.has(this.nameOf(records)) ? records : tableRecords(batch, false);
  }

  private async prepare(records: readonly TableRecords[]): Promise<SqliteCommitStatement> {
    const name = this.nameOf(records);
    const statement = await SqliteCommitStatement.prepare(this.connection, name, records);
    this.statements.set(name, statement);
    return statement;
  }

  /** By number: one table may be written in several ways, each a HotTable of its own. */
  private nameOf(records: readonly TableRecords[]): string {
    let name = 'commit';
    for (const { table, shared } of records) {
      let number = this.numberOf.get(table);
      if (number === undefined) this.numberOf.set(table, (number = this.numberOf.size));
      name += `_${number}`;
      for (const at of shared.keys()) name += `s${at}`;
    }
    return name;
  }

  private execute(script: string): Promise<void> {
    return new Promise((resolve, reject) =>
      this.connection.exec(script, (error) => (error ? reject(error) : resolve())),
    );
  }
}

function bytesOf(packs: readonly SealedPack[]): number {
  return packs.reduce((bytes, { sealed }) => bytes + sealed.length, 0);
}

function writeScript(batch: RowBatch, sealer: Sealer): string {
  const packs = sealPacks(batch, sealer).map(({ id, sealed }) => [id, sealed]);
  let script = packs.length === 0 ? '' : writeStatement(packTable, literals(packs));
  for (const [table, rows] of batch.tables) script += writeStatement(table, literals(rows));
  return script;
}

function literals(rows: readonly (readonly unknown[])[]): string {
  return `VALUES ${rows.map((row) => `(${row.map(sqliteLiteral).join(',')})`).join(',')}`;
}

/** A value as SQLite's grammar writes it: in a string only the quote is special. */
export function sqliteLiteral(value: unknown): string {
  if (value === null || value === undefined) return 'NULL';
  if (typeof value === 'string') {
    return `'${storedText(value).replaceAll("'", "''")}'`;
  }
  if (typeof value === 'number' && Number.isFinite(value)) return String(value);
  if (typeof value === 'boolean') return value ? '1' : '0';
  if (Buffer.isBuffer(value)) return `X'${value.toString('hex')}'`;
  throw new TypeError(`A ${typeof value} is no value for a column`);
}
