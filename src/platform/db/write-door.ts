import { AsyncLocalStorage } from 'node:async_hooks';
import type { EntityManager, QueryRunner } from 'typeorm';
import { AppError } from '../errors.ts';
import type { Dialect } from './dialect.ts';

/** Rows for one table, to be inserted with the next commit. `values` has `columns.length` entries for each row. */
export interface TableRows {
  table: HotTable;
  values: readonly unknown[];
}

/** A table that is written by multi-row INSERT; columns in the order in which `values` come. */
export interface HotTable {
  name: string;
  columns: readonly string[];
}

/** One transaction behind the door. Everything read and written through `manager` is part of it. */
export interface Tx {
  readonly manager: EntityManager;
  /** Runs after the commit and before anybody is told of it; never after a rollback. Must not throw. */
  afterCommit(effect: () => void): void;
}

interface Append {
  kind: 'append';
  rows: readonly TableRows[];
  resolve: () => void;
  reject: (reason: unknown) => void;
}

interface Transaction {
  kind: 'transaction';
  work: (tx: Tx) => Promise<unknown>;
  resolve: (result: unknown) => void;
  reject: (reason: unknown) => void;
}

type Entry = Append | Transaction;

/** The transaction that a whole batch was in is gone; without it each further statement would commit by itself. */
class CommitLost extends Error {}

/** What one commit takes in: bounds the time during which newcomers wait. */
const ENTRIES_PER_COMMIT_MAX = 512;

/**
 * The only way to write. One transaction at a time on one connection; what arrives while a commit is on its
 * way goes into the next one, so that one fsync serves many and nobody waits for company. A promise given out
 * here is kept only after the rows are on disk; when the commit fails, each of its entries is refused.
 */
export class WriteDoor {
  private queue: Entry[] = [];
  private isRunning = false;
  private isClosed = false;
  private whenIdle: (() => void)[] = [];
  private readonly inside = new AsyncLocalStorage<true>();
  private failedCommits = 0;

  constructor(
    private readonly runner: QueryRunner,
    private readonly dialect: Dialect,
  ) {}

  /** Inserts the rows, all or none, together with everybody else's of the moment; without any it finds out whether a commit comes through. */
  append(rows: readonly TableRows[]): Promise<void> {
    return new Promise((resolve, reject) => this.enter({ kind: 'append', rows, resolve, reject }));
  }

  /** Runs `work` as one transaction: its failure undoes its own writes and nobody else's. Only database work belongs inside. */
  transaction<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    if (this.inside.getStore()) {
      return Promise.reject(
        new Error('A transaction inside a transaction would wait for itself: pass the tx on'),
      );
    }
    return new Promise<T>((resolve, reject) => {
      this.enter({ kind: 'transaction', work, resolve: resolve as (result: unknown) => void, reject });
    });
  }

  /** Commits that failed since the last good one: health asks. */
  get failuresInARow(): number {
    return this.failedCommits;
  }

  get waiting(): number {
    return this.queue.length;
  }

  /** Lets what was accepted finish and refuses what comes later. */
  async close(): Promise<void> {
    this.isClosed = true;
    if (this.isRunning) await new Promise<void>((resolve) => this.whenIdle.push(resolve));
  }

  private enter(entry: Entry): void {
    if (this.isClosed) {
      entry.reject(unavailable(new Error('The write door is closed')));
      return;
    }
    this.queue.push(entry);
    if (!this.isRunning) {
      this.isRunning = true;
      // The microtask lets the calls of one I/O tick share the first commit; a timer of 1–2 ms only cost.
      queueMicrotask(() => void this.drain());
    }
  }

  private async drain(): Promise<void> {
    while (this.queue.length > 0) {
      const batch = this.queue.splice(0, ENTRIES_PER_COMMIT_MAX);
      await this.commitTogether(batch);
    }
    this.isRunning = false;
    for (const tell of this.whenIdle.splice(0)) tell();
  }

  private async commitTogether(batch: readonly Entry[]): Promise<void> {
    const appends = batch.filter((entry) => entry.kind === 'append');
    // The common case on the hot path: rows only, one round trip to the database thread for all of them.
    if (appends.length === batch.length && (await this.commitRows(appends))) return;
    const answers: (() => void)[] = [];
    const effects: (() => void)[] = [];
    try {
      await this.begin();
      for (const append of appends) await this.insertAlone(append, answers);
      for (const entry of batch) {
        if (entry.kind === 'transaction') await this.runOne(entry, answers, effects);
      }
      await this.commit();
      this.failedCommits = 0;
    } catch (cause) {
      await this.fail(batch, cause);
      return;
    }
    for (const effect of effects) effect();
    for (const answer of answers) answer();
  }

  /** @returns false when a row was bad: nothing is stored, and each must be tried by itself. */
  private async commitRows(appends: readonly Append[]): Promise<boolean> {
    try {
      await this.dialect.commitRows(this.runner, byTable(appends));
      this.failedCommits = 0;
      for (const append of appends) append.resolve();
    } catch (cause) {
      if (!this.dialect.isStorageFailure(cause)) {
        await this.rollback();
        return false;
      }
      await this.fail(appends, cause);
    }
    return true;
  }

  private async fail(batch: readonly Entry[], cause: unknown): Promise<void> {
    this.failedCommits++;
    await this.rollback();
    const refusal = unavailable(cause);
    for (const entry of batch) entry.reject(refusal);
  }

  private async insertAlone(append: Append, answers: (() => void)[]): Promise<void> {
    try {
      await this.within('append', () => this.dialect.insertRows(this.runner, byTable([append])));
      answers.push(append.resolve);
    } catch (cause) {
      if (this.isCommitLost(cause)) throw cause;
      answers.push(() => append.reject(cause));
    }
  }

  private async runOne(entry: Transaction, answers: (() => void)[], effects: (() => void)[]): Promise<void> {
    const own: (() => void)[] = [];
    const tx: Tx = { manager: this.runner.manager, afterCommit: (effect) => own.push(effect) };
    try {
      const result = await this.within('work', () => this.inside.run(true, () => entry.work(tx)));
      effects.push(...own);
      answers.push(() => entry.resolve(result));
    } catch (cause) {
      if (this.isCommitLost(cause)) throw cause;
      answers.push(() => entry.reject(cause));
    }
  }

  private async within<T>(name: string, work: () => Promise<T>): Promise<T> {
    await this.savepoint(`SAVEPOINT ${name}`);
    let result: T;
    try {
      result = await work();
    } catch (cause) {
      if (!this.isCommitLost(cause)) {
        await this.savepoint(`ROLLBACK TO SAVEPOINT ${name}`);
        await this.savepoint(`RELEASE SAVEPOINT ${name}`);
      }
      throw cause;
    }
    await this.savepoint(`RELEASE SAVEPOINT ${name}`);
    return result;
  }

  /** Fails only where the transaction is gone: SQLite rolls all of it back when the disk is full, also if the work caught that. */
  private async savepoint(statement: string): Promise<void> {
    try {
      await this.runner.query(statement);
    } catch (cause) {
      throw new CommitLost(statement, { cause });
    }
  }

  private isCommitLost(cause: unknown): boolean {
    return cause instanceof CommitLost || this.dialect.isStorageFailure(cause);
  }

  private async begin(): Promise<void> {
    await this.runner.query(this.dialect.beginStatement);
    this.markTransaction(true);
  }

  private async commit(): Promise<void> {
    await this.runner.query('COMMIT');
    this.markTransaction(false);
  }

  /** TypeORM would otherwise open a transaction of its own for each save(). */
  private markTransaction(isActive: boolean): void {
    (this.runner as { isTransactionActive: boolean }).isTransactionActive = isActive;
  }

  private async rollback(): Promise<void> {
    this.markTransaction(false);
    try {
      await this.runner.query('ROLLBACK');
    } catch {
      // Nothing was open: SQLite has rolled back by itself (disk full), or BEGIN never succeeded.
    }
  }
}

/** The values of each table, row after row. */
function byTable(appends: readonly Append[]): Map<HotTable, unknown[]> {
  const values = new Map<HotTable, unknown[]>();
  for (const { rows } of appends) {
    for (const row of rows) {
      const known = values.get(row.table);
      if (known) known.push(...row.values);
      else values.set(row.table, [...row.values]);
    }
  }
  return values;
}

function unavailable(cause: unknown): AppError {
  if (cause instanceof AppError) return cause;
  return new AppError({
    code: 'database.unavailable',
    kind: 'unavailable',
    publicMessage: 'The database is not available',
    details: ['Nothing was stored; try again'],
    retryAfterSeconds: 2,
    cause,
  });
}
