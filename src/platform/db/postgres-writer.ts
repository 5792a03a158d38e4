import type { QueryResult } from 'pg';
import type { DataSource, QueryRunner } from 'typeorm';
import { DURABLE_COMMITS } from './postgres-settings.ts';

/** What the triggers of followed tables write down. */
const NAME_PROCESS = `SELECT set_config('signalbox.process', $1, false)`;

/** Of processes that are gone. */
const FORGET_MARKS = `DELETE FROM commit_marks WHERE made_at < (extract(epoch FROM now()) - 86400) * 1000`;

/** The part of the driver's connection that is used here. */
interface Connection {
  query(query: { name?: string; text: string; values?: unknown[] }): Promise<QueryResult>;
  end(): Promise<void>;
}

/** The one connection that writes; a broken one is replaced by another before the next commit. */
export class PostgresWriter {
  private constructor(
    private readonly source: DataSource,
    private readonly processName: string,
    private current: { runner: QueryRunner; connection: Connection },
    private isBroken = false,
  ) {}

  /** @param processName whose changes those through it are (`PostgresChangeFeed`). */
  static async connect(source: DataSource, processName: string): Promise<PostgresWriter> {
    const opened = await open(source, processName);
    await opened.connection.query({ text: FORGET_MARKS });
    return new PostgresWriter(source, processName, opened);
  }

  get runner(): QueryRunner {
    return this.current.runner;
  }

  /** @param name prepares the statement; one name stands for one text. */
  query(text: string, values: unknown[] = [], name?: string): Promise<QueryResult> {
    return this.current.connection.query({ text, values, ...(name !== undefined && { name }) });
  }

  /** The `answer` of the last of some statements. */
  async ask(statements: string): Promise<string | null> {
    const results: unknown = await this.query(statements);
    const [row] = (
      (Array.isArray(results) ? results.at(-1) : results) as QueryResult<{ answer: string | null }>
    ).rows;
    return row?.answer ?? null;
  }

  /** Whatever it was in the middle of is over: what comes next needs another connection. */
  broke(): void {
    this.isBroken = true;
  }

  /** Another connection where this one is of no use; undefined where it is fine. */
  mended(): Promise<void> | undefined {
    return this.isBroken || this.current.runner.isReleased ? this.reconnect() : undefined;
  }

  async close(): Promise<void> {
    await drop(this.current);
  }

  private async reconnect(): Promise<void> {
    await drop(this.current);
    // Where that fails the old one stays, of no use: the commit then says so.
    this.current = await open(this.source, this.processName).catch(() => this.current);
    this.isBroken = this.current.runner.isReleased;
  }
}

async function open(source: DataSource, processName: string) {
  const runner = source.createQueryRunner();
  const connection = (await runner.connect()) as Connection;
  await connection.query({ text: DURABLE_COMMITS });
  await connection.query({ text: NAME_PROCESS, values: [processName] });
  return { runner, connection };
}

/** Ends it rather than giving it back: an answer to what was asked before may still be on its way. */
async function drop({ runner, connection }: { runner: QueryRunner; connection: Connection }): Promise<void> {
  if (runner.isReleased) return;
  void connection.end().catch(() => undefined);
  await runner.release().catch(() => undefined);
}
