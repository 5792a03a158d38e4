import type { QueryRunner } from 'typeorm';
import type { RowBatch } from './row-batch.ts';

/** Where the databases differ for the write door. */
export interface Dialect {
  /** The connection that writes; another one after `beforeCommit` where that had to open one. */
  readonly runner: QueryRunner;
  /** Opens a transaction. @param isAlone no other transaction that asked for it, of any process, runs until this one ends. */
  begin(isAlone: boolean): Promise<void>;
  /** Commits it. It fails where nothing was committed. @throws CommitInDoubt where that has still to be found out; nothing else is asked of it before. */
  commit(): Promise<void>;
  /** Writes the rows within the transaction that is open. */
  writeRows(batch: RowBatch): Promise<void>;
  /** Writes the rows, or without any a probe, and commits. After a failure a transaction may still be open. */
  commitRows(batch: RowBatch): Promise<void>;
  /** Told of each other commit that went through, with about as many bytes as it wrote. */
  committed(bytes: number): void;
  /** What has to be done before the next commit, if anything; its failure shows in the commit. */
  beforeCommit(): Promise<unknown> | undefined;
  /** True when the whole commit is lost (disk full, locked, I/O, connection), false when only this statement was bad. */
  isStorageFailure(cause: unknown): boolean;
  /** Lets go of what it holds of the connection. */
  close(): Promise<void>;
}
