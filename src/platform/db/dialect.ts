import type { RowBatch } from './row-batch.ts';

/** Where the databases differ for the write door. */
export interface Dialect {
  /** Takes the write lock at once, so that a busy database shows at BEGIN and not in the middle. */
  readonly beginStatement: string;
  /** Writes the rows within the transaction that is open. */
  writeRows(batch: RowBatch): Promise<void>;
  /** Writes the rows, or without any a probe of 64 KiB, and commits. After a failure a transaction may still be open. */
  commitRows(batch: RowBatch): Promise<void>;
  /** Told of each other commit that went through, with about as many bytes as it wrote. */
  committed(bytes: number): void;
  /** What has to be done before the next commit, if anything. */
  beforeCommit(): Promise<unknown> | undefined;
  /** True when the whole commit is lost (disk full, locked, I/O), false when only this statement was bad. */
  isStorageFailure(cause: unknown): boolean;
  /** Lets go of what it holds of the connection. */
  close(): Promise<void>;
}
