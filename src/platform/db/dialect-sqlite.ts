import type { Database as SqliteConnection } from 'sqlite3';
import type { Sealer } from '../sealing.ts';
import type { Dialect } from './dialect.ts';
import type { LogKeeper } from './log-keeper.ts';
import { sealPacks } from './payload-packs.ts';
import { columnsOf, type HotTable, type RowBatch } from './row-batch.ts';
import { recordsJson, SqliteCommitStatement } from './sqlite-commit-statement.ts';
import { isStorageFailure, PROBE } from './sqlite-settings.ts';

const packTable: HotTable = { name: 'payload_packs', columns: ['id', 'sealed'] };

/** SQLite. A commit of rows is one trip to the database thread: each further one would wait for the main loop. */
export class SqliteDialect implements Dialect {
  readonly beginStatement = 'BEGIN IMMEDIATE';
  readonly isStorageFailure = isStorageFailure;
  private readonly statements = new Map<HotTable, SqliteCommitStatement>();

  /** @param connection the writer's: the door has it for itself. */
  constructor(
    private readonly connection: SqliteConnection,
    private readonly log: LogKeeper,
    private readonly sealer: Sealer,
  ) {}

  insertRows(batch: RowBatch): Promise<void> {
    return this.execute(insertScript(batch, this.sealer));
  }

  async commitRows(batch: RowBatch): Promise<void> {
    // Executions and nothing else, nearly always. Nothing is awaited before it is on its way.
    const [only] = batch.tables;
    const json = only && batch.tables.size === 1 ? recordsJson(only[1]) : null;
    if (json === null) {
      const script = `${this.beginStatement};${insertScript(batch, this.sealer) || PROBE}COMMIT`;
      await this.execute(script);
      this.committed(script.length);
    } else {
      const [table] = only!;
      const statement = this.statements.get(table) ?? (await this.prepare(table));
      await statement.run(sealPacks(batch, this.sealer), json);
      this.committed(batch.plain.length + json.length);
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

  private async prepare(table: HotTable): Promise<SqliteCommitStatement> {
    const statement = await SqliteCommitStatement.prepare(this.connection, table);
    this.statements.set(table, statement);
    return statement;
  }

  private execute(script: string): Promise<void> {
    return new Promise((resolve, reject) =>
      this.connection.exec(script, (error) => (error ? reject(error) : resolve())),
    );
  }
}

function insertScript(batch: RowBatch, sealer: Sealer): string {
  const packs = sealPacks(batch, sealer).map(({ id, sealed }) => [id, sealed]);
  let script = packs.length === 0 ? '' : insertOf(packTable, packs);
  for (const [table, rows] of batch.tables) script += insertOf(table, rows);
  return script;
}

function insertOf(table: HotTable, rows: readonly (readonly unknown[])[]): string {
  const values = rows.map((row) => `(${row.map(sqliteLiteral).join(',')})`).join(',');
  return `INSERT INTO ${table.name} (${columnsOf(table).join(',')}) VALUES ${values};`;
}

/** A value as SQLite's grammar writes it: in a string only the quote is special, and nothing may hold a NUL. */
export function sqliteLiteral(value: unknown): string {
  if (value === null || value === undefined) return 'NULL';
  if (typeof value === 'string') {
    if (value.includes('\0')) return `CAST(X'${Buffer.from(value).toString('hex')}' AS TEXT)`;
    return value.includes("'") ? `'${value.replaceAll("'", "''")}'` : `'${value}'`;
  }
  if (typeof value === 'number' && Number.isFinite(value)) return String(value);
  if (typeof value === 'boolean') return value ? '1' : '0';
  if (Buffer.isBuffer(value)) return `X'${value.toString('hex')}'`;
  throw new TypeError(`A ${typeof value} is no value for a column`);
}
