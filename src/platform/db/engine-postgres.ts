import { randomUUID } from 'node:crypto';
import { DataSource, type DataSourceOptions } from 'typeorm';
import type { Sealer } from '../sealing.ts';
import type { EntityClass } from './database.ts';
import { PostgresDialect } from './dialect-postgres.ts';
import type { DatabaseEngine } from './engine.ts';
import { migrations } from './migrations-postgres/index.ts';
import { refuseNewerSchema } from './newer-schema.ts';
import { OwnConnection, type OwnConnectionSettings } from './own-connection.ts';
import { PostgresChangeFeed } from './postgres-change-feed.ts';
import { PostgresErasedPacks } from './postgres-erased-packs.ts';
import { PostgresLocks } from './postgres-locks.ts';
import { PostgresOldDays } from './postgres-old-days.ts';
import { keepPartitions, makePartitions } from './postgres-partitions.ts';
import { columnTypes, MIGRATION_LOCK, sessionSettings } from './postgres-settings.ts';
import { PostgresWriter } from './postgres-writer.ts';
import { withStoredTexts } from './stored-text.ts';

/** A day of some hundred gigabytes takes no longer. */
const VACUUM_MS_MAX = 3_600_000;
/** Connections for reading, each process. */
const READERS = 10;

/** The settings of one pool of connections. */
export function postgresOptions(
  databaseUrl: string,
  entities: readonly EntityClass[],
): DataSourceOptions & { type: 'postgres' } {
  return {
    type: 'postgres',
    url: databaseUrl,
    entities: [...entities],
    migrations: [...migrations],
    migrationsTransactionMode: 'each',
    installExtensions: false,
    // Times and counts are far below 2⁵³.
    parseInt8: true,
    poolSize: 2,
    // A connection that breaks while nobody uses it is replaced when the next one does.
    poolErrorHandler: () => undefined,
  };
}

/** Connects, brings the tables up to date (one process at a time) and sets what durability rests on. */
export async function openPostgres(
  databaseUrl: string,
  entities: readonly EntityClass[],
  sealer: Sealer,
): Promise<DatabaseEngine> {
  const options = postgresOptions(databaseUrl, entities);
  await migrate(options);
  const working = { ...options, migrations: [], extra: sessionSettings };
  // By this its changes are told from those of others.
  const processName = randomUUID();
  const writers = await withStoredTexts(new DataSource(working)).initialize();
  const readers = await withStoredTexts(new DataSource({ ...working, poolSize: READERS })).initialize();
  const writer = await PostgresWriter.connect(writers, processName);
  const types = await columnTypes(readers);
  const locks = new PostgresLocks(databaseUrl);
  const stopPartitions = keepPartitions(readers.manager);
  const ownConnections: OwnConnection[] = [];
  const ownConnection = (settings: OwnConnectionSettings) => {
    const connection = new OwnConnection(databaseUrl, settings);
    ownConnections.push(connection);
    return connection;
  };
  const erased = new PostgresErasedPacks(ownConnection({ prologue: [], statementMsMax: VACUUM_MS_MAX }));
  return {
    dialect: new PostgresDialect(writer, types, sealer),
    read: readers.manager,
    changes: async (door) => {
      const feed = new PostgresChangeFeed(databaseUrl, door, processName);
      await feed.open();
      return feed;
    },
    locks,
    days: new PostgresOldDays(readers),
    erasing: (tx, packIds, work) => erased.during(tx, packIds, work),
    emptyLog: () => erased.clear(),
    ownConnection,
    close: async () => {
      stopPartitions();
      await Promise.all(ownConnections.map((connection) => connection.close()));
      await locks.close();
      await writer.close();
      for (const source of [writers, readers]) await source.destroy();
    },
  };
}

/** Several processes of a new version may start at once. */
async function migrate(options: DataSourceOptions & { type: 'postgres' }): Promise<void> {
  const source = await withStoredTexts(new DataSource(options)).initialize();
  try {
    const holder = source.createQueryRunner();
    await holder.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK]);
    try {
      await refuseNewerSchema(source);
      await source.runMigrations();
      await makePartitions(source.manager, Date.now());
    } finally {
      await holder.query('SELECT pg_advisory_unlock($1)', [MIGRATION_LOCK]);
      await holder.release();
    }
  } finally {
    await source.destroy();
  }
}
