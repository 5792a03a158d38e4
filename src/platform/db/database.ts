import { mkdirSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import sqlite3, { type Database as SqliteConnection } from 'sqlite3';
import {
  DataSource,
  type DataSourceOptions,
  type EntityManager,
  type EntitySchema,
  type QueryRunner,
} from 'typeorm';
import { SqliteDialect } from './dialect-sqlite.ts';
import type { Sealer } from '../sealing.ts';
import { LogKeeper } from './log-keeper.ts';
import { migrations } from './migrations/index.ts';
import { partsIn, placesOf } from './payload-packs.ts';
import { LOCK_WAIT_MS, writingPragmas } from './sqlite-settings.ts';
import { erasePayloads } from './erase-payloads.ts';
import { openPack } from './pack-sealing.ts';
import { type Tx, WriteDoor } from './write-door.ts';

/** An entity class, as TypeORM takes it. */
export type EntityClass = (new () => object) | EntitySchema;

/** The settings of one connection, also for the TypeORM command line (ormconfig.ts). */
export function dataSourceOptions(databaseUrl: string, entities: readonly EntityClass[]): DataSourceOptions {
  const path = sqlitePath(databaseUrl);
  return {
    type: 'sqlite',
    database: path,
    entities: [...entities],
    migrations: [...migrations],
    migrationsTransactionMode: 'each',
    enableWAL: true,
    // TypeORM asks for the verbose driver, which captures a stack for each statement.
    driver: { verbose: () => sqlite3 },
    // Unlike the driver's default this one waits inside SQLite; the door turns what is left into a 503.
    busyTimeout: LOCK_WAIT_MS,
  };
}

/** The file behind `sqlite:…`, absolute. */
export function sqlitePath(databaseUrl: string): string {
  return resolve(databaseUrl.replace(/^sqlite:(\/\/)?/, ''));
}

/** The database as the rest of the house sees it: a door for writing and a manager for reading. */
export class Database {
  private constructor(
    /** The only way to write. */
    readonly door: WriteDoor,
    private readonly sealer: Sealer,
    private readonly connections: { writer: DataSource; reader: DataSource; folder: DataSource },
  ) {}

  /** Reads on a connection of its own: never inside the writer's transaction, always the last commit. */
  get read(): EntityManager {
    return this.connections.reader.manager;
  }

  /** Opens the database, brings its tables up to date and sets what durability rests on. */
  static async open(
    databaseUrl: string,
    entities: readonly EntityClass[],
    sealer: Sealer,
  ): Promise<Database> {
    mkdirSync(dirname(sqlitePath(databaseUrl)), { recursive: true });
    const options = dataSourceOptions(databaseUrl, entities);
    const writer = await new DataSource(options).initialize();
    for (const pragma of writingPragmas) await writer.query(`PRAGMA ${pragma}`);
    await writer.runMigrations();
    const reader = await new DataSource({ ...options, migrations: [] }).initialize();
    await reader.query('PRAGMA query_only = ON');
    const folder = await new DataSource({ ...options, migrations: [] }).initialize();
    const runner = writer.createQueryRunner();
    const log = new LogKeeper(await connectionOf(folder.createQueryRunner()));
    const door = new WriteDoor(runner, new SqliteDialect(await connectionOf(runner), log, sealer));
    return new Database(door, sealer, { writer, reader, folder });
  }

  /** The large parts of a row, by its payload column; a later place completes and replaces an earlier one. */
  async payload(column: string | null): Promise<(Buffer | null)[]> {
    const parts: (Buffer | null)[] = [];
    for (const { packId, start, end } of column === null ? [] : placesOf(column)) {
      const [pack] = await this.read.query<{ sealed: Buffer }[]>(
        'SELECT sealed FROM payload_packs WHERE id = ?',
        [packId],
      );
      if (!pack) continue;
      for (const [index, part] of partsIn(openPack(pack.sealed, this.sealer), start, end).entries())
        parts[index] = part ?? parts[index] ?? null;
    }
    return parts;
  }

  /** Erases payloads, by what their columns hold; the rows are the caller's to change in the same transaction. */
  erasePayloads(tx: Tx, columns: readonly string[]): Promise<void> {
    return erasePayloads(tx, this.sealer, columns);
  }

  /**
   * Brings the log into the database file and empties it: pages lie in it as they were before they were erased.
   * @returns false when a reader or another process held on to it for too long.
   */
  async emptyLog(): Promise<boolean> {
    const [row] = await this.connections.folder.query<[{ busy: number }]>('PRAGMA wal_checkpoint(TRUNCATE)');
    return row.busy === 0;
  }

  /** Answers when the database reads; health asks. */
  async ping(): Promise<void> {
    await this.connections.reader.query('SELECT 1');
  }

  async close(): Promise<void> {
    await this.door.close();
    const { folder, reader, writer } = this.connections;
    await folder.destroy();
    await reader.destroy();
    await writer.destroy();
  }
}

async function connectionOf(runner: QueryRunner): Promise<SqliteConnection> {
  return (await runner.connect()) as SqliteConnection;
}
