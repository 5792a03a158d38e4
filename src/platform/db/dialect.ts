import type { QueryRunner } from 'typeorm';
import type { HotTable } from './write-door.ts';

/** For each table its values, row after row, in the order of its columns. */
export type RowsByTable = ReadonlyMap<HotTable, readonly unknown[]>;

/** Where the databases differ for the write door. */
export interface Dialect {
  /** Takes the write lock at once, so that a busy database shows at BEGIN and not in the middle. */
  readonly beginStatement: string;
  /** Inserts the rows within the transaction that is open. */
  insertRows(runner: QueryRunner, rows: RowsByTable): Promise<void>;
  /** Inserts the rows, or without any a probe of 64 KiB, and commits. After a failure a transaction may still be open. */
  commitRows(runner: QueryRunner, rows: RowsByTable): Promise<void>;
  /** True when the whole commit is lost (disk full, locked, I/O), false when only this statement was bad. */
  isStorageFailure(cause: unknown): boolean;
}
