import { AsyncLocalStorage } from 'node:async_hooks';
import { CommitInDoubt, Doubt } from './commit-in-doubt.ts';
import { unavailable } from './database.errors.ts';
import type { Dialect } from './dialect.ts';
import {
  type Append,
  effectsOf,
  type Entry,
  nextCommitSize,
  rowsOf,
  type Transaction,
  type Tx,
} from './door-entries.ts';
import { DoorFigures } from './door-metrics.ts';
import { countsIn, rowBatch, type TableRow, withoutCounts } from './row-batch.ts';
import { onDoubt } from './told-in-time.ts';
import { WriterTransaction } from './writer-transaction.ts';

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

/** What the log grows by for a command's transaction: a handful of pages. */
const TRANSACTION_BYTES = 32_768;

/**
 * The only way to write. One transaction at a time on one connection; what arrives while a commit is on its
 * way goes into the next one, so that one fsync serves many and nobody waits for company. A promise given out
 * here is kept only after the rows are on disk; when the commit fails, each of its entries is refused, and while nobody
 * knows whether it has failed, none of them is told anything.
 */
export class WriteDoor {
  private queue: Entry[] = [];
  private isRunning = false;
  private doubt: Doubt | null = null;
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
    return new Promise((resolve, reject) =>
      this.enter({ kind: 'append', rows, resolve, reject, onDoubt: onDoubt() }),
    );
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
        onDoubt: onDoubt(),
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
    await this.doubt?.soon();
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
      const wait = this.doubt ? this.doubt.soon() : this.dialect.beforeCommit();
      if (wait) {
        // Whoever is stored already does not wait for it.
        tell();
        tell = nobodyToTell;
        await wait;
      }
      const batch = this.queue.splice(0, nextCommitSize(this.queue));
      if (this.doubt) {
        tell();
        tell = this.refuse(batch, new Error('It is not known yet what became of the commit before'));
        continue;
      }
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
    } catch (cause) {
      return cause instanceof CommitInDoubt
        ? this.hold(batch, gathered, cause)
        : await this.fail(batch, cause);
    }
    return this.done(gathered);
  }

  private done({ effects, answers }: Gathered): Tell {
    this.failedCommits = 0;
    for (const effect of effects) effect();
    return () => {
      for (const answer of answers) answer();
    };
  }

  private async fail(batch: readonly Entry[], cause: unknown): Promise<Tell> {
    await this.writer.rollback();
    return this.refuse(batch, cause);
  }

  private refuse(batch: readonly Entry[], cause: unknown): Tell {
    this.failedCommits++;
    const refusal = unavailable(cause);
    return () => {
      for (const entry of batch) entry.reject(refusal);
    };
  }

  /** They are told when it is known, however long that takes: told that nothing was stored, they would do it again. */
  private hold(batch: readonly Entry[], gathered: Gathered, { cause, outcome }: CommitInDoubt): Tell {
    this.failedCommits++;
    const known = outcome.then((wasCommitted) => {
      this.doubt = null;
      const tell = wasCommitted ? this.done(gathered) : this.refuse(batch, cause);
      tell();
    });
    this.doubt = new Doubt(known);
    for (const entry of batch) entry.onDoubt?.(known);
    return nobodyToTell;
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
