import type { QueryRunner } from 'typeorm';
import type { Sealer } from '../sealing.ts';
import { CommitInDoubt } from './commit-in-doubt.ts';
import type { Dialect } from './dialect.ts';
import { type SealedPack, sealPacks } from './payload-packs.ts';
import {
  asOneStatement,
  type BoundStatement,
  packsStatement,
  tableStatements,
} from './postgres-statements.ts';
import { type ColumnTypes, hasGivenWay, isStorageFailure, TRANSACTION_LOCK } from './postgres-settings.ts';
import type { PostgresWriter } from './postgres-writer.ts';
import { type RowBatch, RowNotThere } from './row-batch.ts';

/** Commits that met others of other processes and gave way, one after the other. */
const TRIES_MAX = 5;
/** Between two questions what became of a commit. */
const OUTCOME_AGAIN_MS = 50;
/** What a transaction begins with: its number, as the last one of this process. */
const MARK = `INSERT INTO commit_marks (process, mark, made_at) VALUES (
    current_setting('signalbox.process'), pg_current_xact_id()::text, extract(epoch FROM now()) * 1000)
  ON CONFLICT (process) DO UPDATE SET mark = excluded.mark, made_at = excluded.made_at RETURNING mark AS answer`;
const LAST_MARK = `SELECT mark AS answer FROM commit_marks WHERE process = current_setting('signalbox.process')`;
const PROBE = `WITH gone AS (DELETE FROM write_probe) INSERT INTO write_probe VALUES ('\\x00')`;

/** PostgreSQL. A commit of rows is one prepared statement, and so one trip to the server and one fsync. */
export class PostgresDialect implements Dialect {
  /** Prepared statements by their text: their names are short. */
  private readonly names = new Map<string, string>();
  /** The number of the transaction that was opened last. */
  private open: string | null = null;
  private isClosed = false;
  /** What became of a commit, until the answer or the end. */
  private asking: Promise<void> | null = null;

  constructor(
    private readonly writer: PostgresWriter,
    private readonly types: ColumnTypes,
    private readonly sealer: Sealer,
  ) {}

  get runner(): QueryRunner {
    return this.writer.runner;
  }

  async begin(isAlone: boolean): Promise<void> {
    const lock = isAlone ? `SELECT pg_advisory_xact_lock(${TRANSACTION_LOCK});` : '';
    this.open = await this.writer.ask(`BEGIN; ${lock} ${MARK}`);
  }

  /** When the connection breaks in the middle, PostgreSQL knows what became of it: whoever is refused has changed nothing. */
  async commit(): Promise<void> {
    try {
      await this.writer.query('COMMIT');
    } catch (cause) {
      throw this.isStorageFailure(cause) ? new CommitInDoubt(cause, this.outcome()) : cause;
    }
  }

  async writeRows(batch: RowBatch): Promise<void> {
    for (const statement of this.statementsOf(batch, sealPacks(batch, this.sealer)))
      await this.run(statement);
  }

  async commitRows(batch: RowBatch): Promise<void> {
    const statements = this.statementsOf(batch, sealPacks(batch, this.sealer));
    const whole = statements.length === 0 ? { text: PROBE, values: [] } : asOneStatement(statements);
    for (let tries = 1; ; tries++) {
      try {
        await (whole ? this.run(whole) : this.runAsTransaction(statements));
        return;
      } catch (cause) {
        if (!hasGivenWay(cause) || tries === TRIES_MAX) throw cause;
        if (!whole) await this.writer.query('ROLLBACK');
      }
    }
  }

  committed(): void {}

  beforeCommit(): Promise<void> | undefined {
    return this.writer.mended();
  }

  isStorageFailure(cause: unknown): boolean {
    const isLost = isStorageFailure(cause);
    if (isLost) this.writer.broke();
    return isLost;
  }

  async close(): Promise<void> {
    this.isClosed = true;
    await this.asking;
  }

  /** Whether what was open was committed. */
  private outcome(): Promise<boolean> {
    return new Promise((resolve) => (this.asking = this.ask(resolve)));
  }

  /**
   * Asks until the database tells: by its mark, and not by the status of its number. After a crash PostgreSQL gives the number
   * of a transaction that was lost to another one, of whichever process.
   */
  private async ask(tell: (wasCommitted: boolean) => void): Promise<void> {
    while (!this.isClosed) {
      try {
        await this.writer.mended();
        // Two statements: what one sees of the table may be older than what it is told of the status.
        if (!(await this.isInProgress())) return tell((await this.writer.ask(LAST_MARK)) === this.open);
      } catch (cause) {
        this.isStorageFailure(cause);
      }
      await new Promise((resolve) => setTimeout(resolve, OUTCOME_AGAIN_MS));
    }
  }

  /** False too where there is no such number yet: the database has lost it. */
  private async isInProgress(): Promise<boolean> {
    try {
      return (
        (await this.writer.ask(`SELECT pg_xact_status('${this.open}'::xid8) AS answer`)) === 'in progress'
      );
    } catch (cause) {
      if (isStorageFailure(cause)) throw cause;
      return false;
    }
  }

  private statementsOf(batch: RowBatch, packs: readonly SealedPack[]): BoundStatement[] {
    const statements = packs.length === 0 ? [] : [packsStatement(packs)];
    for (const [table, rows] of batch.tables) statements.push(...tableStatements(table, rows, this.types));
    return statements;
  }

  private async runAsTransaction(statements: readonly BoundStatement[]): Promise<void> {
    await this.writer.query('BEGIN');
    for (const statement of statements) await this.run(statement);
    await this.writer.query('COMMIT');
  }

  private async run({ text, values, finds, isPlannedAnew }: BoundStatement): Promise<void> {
    // The plan of an empty table would read all of a large one: 100 ms a commit with 200,000 jobs, for up to a minute.
    const name = isPlannedAnew ? undefined : this.nameOf(text);
    const { rowCount } = await this.writer.query(text, values, name);
    if (finds !== undefined && rowCount !== finds) throw new RowNotThere();
  }

  private nameOf(text: string): string {
    let name = this.names.get(text);
    if (name === undefined) this.names.set(text, (name = `write_${this.names.size}`));
    return name;
  }
}
