import { mkdirSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import sqlite3, { type Database as SqliteConnection } from 'sqlite3';
import { DataSource, type DataSourceOptions, type QueryRunner } from 'typeorm';
import type { Sealer } from '../sealing.ts';
import { nobodyElse } from './change-feed.ts';
import type { EntityClass } from './database.ts';
import { SqliteDialect } from './dialect-sqlite.ts';
import type { DatabaseEngine } from './engine.ts';
import { LogKeeper } from './log-keeper.ts';
import { migrations } from './migrations-sqlite/index.ts';
import { refuseNewerSchema } from './newer-schema.ts';
import { noDays } from './old-days.ts';
import { OwnLocks } from './shared-locks.ts';
import { LOCK_WAIT_MS, writingPragmas } from './sqlite-settings.ts';
import { withStoredTexts } from './stored-text.ts';

/** The file behind `sqlite:…`, absolute. */
export function sqlitePath(databaseUrl: string): string {
  return resolve(databaseUrl.replace(/^sqlite:(\/\/)?/, ''));
}

/** The settings of one connection. */
export function sqliteOptions(databaseUrl: string, entities: readonly EntityClass[]): DataSourceOptions {
  return {
    type: 'sqlite',
    database: sqlitePath(databaseUrl),
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

/** Opens the file, brings its tables up to date and sets what durability rests on. */
export async function openSqlite(
  databaseUrl: string,
  entities: readonly EntityClass[],
  sealer: Sealer,
): Promise<DatabaseEngine> {
  mkdirSync(dirname(sqlitePath(databaseUrl)), { recursive: true });
  const options = sqliteOptions(databaseUrl, entities);
  const writer = await withStoredTexts(new DataSource(options)).initialize();
  for (const pragma of writingPragmas) await writer.query(`PRAGMA ${pragma}`);
  await refuseNewerSchema(writer);
  await writer.runMigrations();
  const reader = await withStoredTexts(new DataSource({ ...options, migrations: [] })).initialize();
  await reader.query('PRAGMA query_only = ON');
  const folder = await withStoredTexts(new DataSource({ ...options, migrations: [] })).initialize();
  const runner = writer.createQueryRunner();
  const log = new LogKeeper(await connectionOf(folder.createQueryRunner()));
  return {
    dialect: new SqliteDialect({ runner, connection: await connectionOf(runner), log, sealer }),
    read: reader.manager,
    changes: () => Promise.resolve(nobodyElse),
    locks: new OwnLocks(),
    days: noDays,
    erasing: async ({ manager }, _packIds, work) => {
      // Else pages that are freed would lie in the file as they were until they are used again.
      await manager.query('PRAGMA secure_delete = ON');
      try {
        await work();
      } finally {
        await manager.query('PRAGMA secure_delete = FAST');
      }
    },
    // Pages lie in the log as they were before they were erased.
    emptyLog: async () => {
      const [row] = await folder.query<[{ busy: number }]>('PRAGMA wal_checkpoint(TRUNCATE)');
      return row.busy === 0;
    },
    close: async () => {
      for (const source of [folder, reader, writer]) await source.destroy();
    },
  };
}

async function connectionOf(runner: QueryRunner): Promise<SqliteConnection> {
  return (await runner.connect()) as SqliteConnection;
}
