import type { QueryRunner } from 'typeorm';
import type { Dialect } from './dialect.ts';

/** The transaction that a whole batch was in is gone; without it each further statement would commit by itself. */
class CommitLost extends Error {}

/** The one transaction of the writer's connection, in which each part may fail by itself. */
export class WriterTransaction {
  constructor(private readonly dialect: Dialect) {}

  /** @param isAlone see `Dialect.begin`. */
  async begin(isAlone: boolean): Promise<void> {
    await this.dialect.begin(isAlone);
    this.mark(true);
  }

  async commit(): Promise<void> {
    await this.dialect.commit();
    this.mark(false);
  }

  async rollback(): Promise<void> {
    this.mark(false);
    try {
      await this.runner.query('ROLLBACK');
    } catch {
      // Nothing was open: SQLite has rolled back by itself (disk full), or BEGIN never succeeded.
    }
  }

  /** Runs `work` so that its failure undoes what it wrote and nothing else. */
  async within<T>(name: string, work: () => Promise<T>): Promise<T> {
    await this.savepoint(`SAVEPOINT ${name}`);
    let result: T;
    try {
      result = await work();
    } catch (cause) {
      if (!this.isLost(cause)) {
        await this.savepoint(`ROLLBACK TO SAVEPOINT ${name}`);
        await this.savepoint(`RELEASE SAVEPOINT ${name}`);
      }
      throw cause;
    }
    try {
      await this.runner.query(`RELEASE SAVEPOINT ${name}`);
    } catch (cause) {
      // PostgreSQL keeps nothing of work of which a statement failed, also if the work caught that. SQLite has rolled all back.
      await this.savepoint(`ROLLBACK TO SAVEPOINT ${name}`);
      await this.savepoint(`RELEASE SAVEPOINT ${name}`);
      throw cause;
    }
    return result;
  }

  /** True when nothing of this transaction can be committed any more. */
  isLost(cause: unknown): boolean {
    return cause instanceof CommitLost || this.dialect.isStorageFailure(cause);
  }

  /** Fails only where the transaction is gone: SQLite rolls all of it back when the disk is full, also if the work caught that. */
  private async savepoint(statement: string): Promise<void> {
    try {
      await this.runner.query(statement);
    } catch (cause) {
      throw new CommitLost(statement, { cause });
    }
  }

  private get runner(): QueryRunner {
    return this.dialect.runner;
  }

  /** TypeORM would otherwise open a transaction of its own for each save(). */
  private mark(isActive: boolean): void {
    (this.runner as { isTransactionActive: boolean }).isTransactionActive = isActive;
  }
}
