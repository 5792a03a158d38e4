import type { HotTable } from './write-door.ts';

/** Where the two databases differ for the write door. */
export interface Dialect {
  /** Takes the write lock at once, so that a busy database shows at BEGIN and not in the middle. */
  readonly beginStatement: string;
  readonly parametersMax: number;
  insertStatement(table: HotTable, rowCount: number): string;
  /** True when the whole commit is lost (disk full, locked, I/O), false when only this statement was bad. */
  isStorageFailure(cause: unknown): boolean;
}

const storageFailures =
  /SQLITE_(FULL|BUSY|LOCKED|IOERR|CORRUPT|CANTOPEN|READONLY|NOMEM|NOTADB|PROTOCOL|MISUSE)/;

/** SQLite: placeholders are `?`, at most 32,766 of them (SQLITE_MAX_VARIABLE_NUMBER). */
export class SqliteDialect implements Dialect {
  readonly beginStatement = 'BEGIN IMMEDIATE';
  readonly parametersMax = 32_766;
  private readonly statements = new Map<string, string>();

  insertStatement(table: HotTable, rowCount: number): string {
    const name = `${table.name}:${rowCount}`;
    let statement = this.statements.get(name);
    if (!statement) {
      const row = `(${table.columns.map(() => '?').join(',')})`;
      statement = `INSERT INTO ${table.name} (${table.columns.join(',')}) VALUES ${Array(rowCount).fill(row).join(',')}`;
      this.statements.set(name, statement);
    }
    return statement;
  }

  isStorageFailure(cause: unknown): boolean {
    const { code, driverError } = cause as { code?: string; driverError?: { code?: string } };
    return storageFailures.test(driverError?.code ?? code ?? '');
  }
}
