import type { EntityManager } from 'typeorm';
import { payloadLength, type TableRow } from './row-batch.ts';
import type { OnDoubt } from './told-in-time.ts';

/** One transaction behind the door. Everything read and written through `manager` is part of it. */
export interface Tx {
  readonly manager: EntityManager;
  /** Runs after the commit and before anybody is told of it; never after a rollback. Must not throw. */
  afterCommit(effect: () => void): void;
  /** Writes rows as `append` does; after a failure the work has to fail too. */
  write(rows: readonly TableRow[]): Promise<void>;
}

/** Who is told when it has failed, or is in doubt. */
interface ToBeTold {
  reject: (reason: unknown) => void;
  onDoubt: OnDoubt | undefined;
}

/** Rows that are stored together or not at all. */
export interface Append extends ToBeTold {
  kind: 'append';
  rows: readonly TableRow[];
  resolve: () => void;
}

/** Work that is done within the commit. */
export interface Transaction extends ToBeTold {
  kind: 'transaction';
  work: (tx: Tx) => Promise<unknown>;
  isAlone: boolean;
  resolve: (result: unknown) => void;
}

/** What somebody wants to have committed. */
export type Entry = Append | Transaction;

/** What one commit takes in: bounds the time during which newcomers wait. */
const ENTRIES_PER_COMMIT_MAX = 512;
/** The same in bytes: a commit of hundreds of megabyte bodies would take seconds and as much memory again. */
const PAYLOAD_PER_COMMIT_MAX = 8 * 1_048_576;

/** How many of them the next commit takes, from the first one on. */
export function nextCommitSize(queue: readonly Entry[]): number {
  const most = Math.min(queue.length, ENTRIES_PER_COMMIT_MAX);
  let bytes = 0;
  for (let at = 0; at < most; at++) {
    const entry = queue[at]!;
    if (entry.kind === 'append') for (const row of entry.rows) bytes += payloadLength(row);
    if (bytes > PAYLOAD_PER_COMMIT_MAX) return Math.max(at, 1);
  }
  return most;
}

/** In their order. */
export function rowsOf(appends: readonly Append[]): TableRow[] {
  const all: TableRow[] = [];
  for (const { rows } of appends) for (const row of rows) all.push(row);
  return all;
}

/** What happens when they are committed. */
export function effectsOf(rows: readonly TableRow[]): (() => void)[] {
  const effects: (() => void)[] = [];
  for (const { afterCommit } of rows) if (afterCommit) effects.push(afterCommit);
  return effects;
}
