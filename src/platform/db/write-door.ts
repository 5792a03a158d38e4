import { AsyncLocalStorage } from 'node:async_hooks';
import type { EntityManager } from 'typeorm';
import { AppError } from '../errors.ts';
import type { Dialect } from './dialect.ts';
import { DoorFigures } from './door-metrics.ts';
import { countsIn, payloadLength, rowBatch, type TableRow, withoutCounts } from './row-batch.ts';
import { WriterTransaction } from './writer-transaction.ts';

/** One transaction behind the door. Everything read and written through `manager` is part of it. */
export interface Tx {
  readonly manager: EntityManager;
  /** Runs after the commit and before anybody is told of it; never after a rollback. Must not throw. */
  afterCommit(effect: () => void): void;
  /** Writes rows as `append` does; after a failure the work has to fail too. */
  write(rows: readonly TableRow[]): Promise<void>;
}

interface Append {
  kind: 'append';
  rows: readonly TableRow[];
  resolve: () => void;
  reject: (reason: unknown) => void;
}

interface Transaction {
  kind: 'transaction';
  work: (tx: Tx) => Promise<unknown>;
  isAlone: boolean;
  resolve: (result: unknown) => void;
  reject: (reason: unknown) => void;
}

type Entry = Append | Transaction;

/** Tells everybody of a commit how it ended. */
type Tell = () => void;

/** What the good parts of a commit leave until its end. */
interface Gathered {
  answers: (() => void)[];
  effects: (() => void)[];
  /**
   * Rows of counters, which others count in too. Written last and in one order, so that no two processes wait for each
   * other in a circle, each with a counter that the other wants.
   */
  counts: TableRow[];
}

/** What one commit takes in: bounds the time during which newcomers wait. */
const ENTRIES_PER_COMMIT_MAX = 512;
/** The same in bytes: a commit of hundreds of megabyte bodies would take seconds and as much memory again. */
const PAYLOAD_PER_COMMIT_MAX = 8 * 1_048_576;
/** What the log grows by for a command's transaction: a handful of pages. */
const TRANSACTION_BYTES = 32_768;

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
  private readonly writer: WriterTransaction;
  private failedCommits = 0;
  /** What has gone through since the start. */
  readonly figures = new DoorFigures();

  constructor(private readonly dialect: Dialect) {
    this.writer = new WriterTransaction(dialect);
  }

  /** Writes the rows, all or none, together with everybody else's of the moment; without any it finds out whether a commit comes through. @throws RowNotThere as the rows' tables say. */
  append(rows: readonly TableRow[]): Promise<void> {
    return new Promise((resolve, reject) => this.enter({ kind: 'append', rows, resolve, reject }));
  }

  /**
   * Runs `work` as one transaction: its failure undoes its own writes and nobody else's. Only database work belongs inside.
   * @param options.isAlone false: what it reads may change under its hands by other processes.
   */
  transaction<T>(work: (tx: Tx) => Promise<T>, { isAlone = true } = {}): Promise<T> {
    if (this.inside.getStore()) {
      return Promise.reject(
        new Error('A transaction inside a transaction would wait for itself: pass the tx on'),
      );
    }
    return new Promise<T>((resolve, reject) => {
      this.enter({
        kind: 'transaction',
        work,
        isAlone,
        resolve: resolve as (result: unknown) => void,
        reject,
      });
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
    await this.dialect.close();
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

  /** The next commit is on its way before anybody of the last one is told: the disk works while answers are written. */
  private async drain(): Promise<void> {
    let tell: Tell = nobodyToTell;
    while (this.queue.length > 0) {
      const wait = this.dialect.beforeCommit();
      if (wait) {
        // Whoever is stored already does not wait for it.
        tell();
        tell = nobodyToTell;
        await wait;
      }
      const batch = this.queue.splice(0, this.nextCommitSize());
      const begunAt = performance.now();
      const commit = this.commitTogether(batch);
      tell();
      tell = await commit;
      this.figures.commitEnded(batch.length, this.failedCommits === 0, performance.now() - begunAt);
    }
    this.isRunning = false;
    tell();
    for (const tellIdle of this.whenIdle.splice(0)) tellIdle();
  }

  private nextCommitSize(): number {
    const most = Math.min(this.queue.length, ENTRIES_PER_COMMIT_MAX);
    let bytes = 0;
    for (let at = 0; at < most; at++) {
      const entry = this.queue[at]!;
      if (entry.kind === 'append') for (const row of entry.rows) bytes += payloadLength(row);
      if (bytes > PAYLOAD_PER_COMMIT_MAX) return Math.max(at, 1);
    }
    return most;
  }

  private async commitTogether(batch: readonly Entry[]): Promise<Tell> {
    const appends = batch.filter((entry) => entry.kind === 'append');
    // The common case on the hot path: rows only, one round trip to the database thread for all of them.
    const tell = appends.length === batch.length ? await this.commitRows(appends) : null;
    return tell ?? (await this.commitOneByOne(batch, appends));
  }

  /** Null when a row was bad: nothing is stored, and each must be tried by itself. */
  private async commitRows(appends: readonly Append[]): Promise<Tell | null> {
    try {
      const rows = rowsOf(appends);
      await this.dialect.commitRows(rowBatch(rows));
      this.failedCommits = 0;
      this.figures.rows += rows.length;
      for (const effect of effectsOf(rows)) effect();
      return () => {
        for (const append of appends) append.resolve();
      };
    } catch (cause) {
      if (this.dialect.isStorageFailure(cause)) return this.fail(appends, cause);
      await this.writer.rollback();
      return null;
    }
  }

  private async commitOneByOne(batch: readonly Entry[], appends: readonly Append[]): Promise<Tell> {
    const gathered: Gathered = { answers: [], effects: [], counts: [] };
    try {
      await this.writer.begin(batch.some((entry) => entry.kind === 'transaction' && entry.isAlone));
      await this.insertAll(appends, gathered);
      for (const entry of batch) {
        if (entry.kind === 'transaction') await this.runOne(entry, gathered);
      }
      if (gathered.counts.length > 0) await this.dialect.writeRows(rowBatch(gathered.counts));
      await this.writer.commit();
      this.dialect.committed(TRANSACTION_BYTES * batch.length);
      this.failedCommits = 0;
    } catch (cause) {
      return this.fail(batch, cause);
    }
    for (const effect of gathered.effects) effect();
    return () => {
      for (const answer of gathered.answers) answer();
    };
  }

  private async fail(batch: readonly Entry[], cause: unknown): Promise<Tell> {
    this.failedCommits++;
    await this.writer.rollback();
    const refusal = unavailable(cause);
    return () => {
      for (const entry of batch) entry.reject(refusal);
    };
  }

  private async insertAll(appends: readonly Append[], gathered: Gathered): Promise<void> {
    if (appends.length > 1) {
      try {
        await this.insert(appends, gathered);
        return;
      } catch (cause) {
        if (this.writer.isLost(cause)) throw cause;
      }
    }
    for (const append of appends) {
      try {
        await this.insert([append], gathered);
      } catch (cause) {
        if (this.writer.isLost(cause)) throw cause;
        gathered.answers.push(() => append.reject(cause));
      }
    }
  }

  private async insert(appends: readonly Append[], { answers, effects, counts }: Gathered): Promise<void> {
    const rows = rowsOf(appends);
    const counted = countsIn(rows);
    await this.writer.within('append', () => this.dialect.writeRows(rowBatch(withoutCounts(rows))));
    this.figures.rows += rows.length;
    for (const append of appends) answers.push(append.resolve);
    effects.push(...effectsOf(rows));
    counts.push(...counted);
  }

  private async runOne(entry: Transaction, { answers, effects, counts }: Gathered): Promise<void> {
    const own: (() => void)[] = [];
    const ownCounts: TableRow[] = [];
    const tx: Tx = {
      manager: this.dialect.runner.manager,
      afterCommit: (effect) => own.push(effect),
      write: async (rows) => {
        ownCounts.push(...countsIn(rows));
        await this.dialect.writeRows(rowBatch(withoutCounts(rows)));
        this.figures.rows += rows.length;
        own.push(...effectsOf(rows));
      },
    };
    try {
      const result = await this.writer.within('work', () => this.inside.run(true, () => entry.work(tx)));
      effects.push(...own);
      counts.push(...ownCounts);
      answers.push(() => entry.resolve(result));
    } catch (cause) {
      if (this.writer.isLost(cause)) throw cause;
      answers.push(() => entry.reject(cause));
    }
  }
}

function nobodyToTell(): void {}

function rowsOf(appends: readonly Append[]): TableRow[] {
  const all: TableRow[] = [];
  for (const { rows } of appends) for (const row of rows) all.push(row);
  return all;
}

function effectsOf(rows: readonly TableRow[]): (() => void)[] {
  const effects: (() => void)[] = [];
  for (const { afterCommit } of rows) if (afterCommit) effects.push(afterCommit);
  return effects;
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
