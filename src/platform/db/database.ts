import type { DataSourceOptions, EntityManager, EntitySchema } from 'typeorm';
import type { Sealer } from '../sealing.ts';
import type { ChangeFeed } from './change-feed.ts';
import type { DatabaseEngine } from './engine.ts';
import { openSqlite, sqliteOptions } from './engine-sqlite.ts';
import { erasePayloads } from './erase-payloads.ts';
import type { DayKeeper } from './old-days.ts';
import type { OwnConnection, OwnConnectionSettings } from './own-connection.ts';
import { openPack } from './pack-sealing.ts';
import { packsOf, partsIn, placesOf } from './payload-packs.ts';
import { rawQuery } from './raw-query.ts';
import type { SharedLocks } from './shared-locks.ts';
import type { Tx } from './door-entries.ts';
import { WriteDoor } from './write-door.ts';

/** An entity class, as TypeORM takes it. */
export type EntityClass = (new () => object) | EntitySchema;

/** True for `postgres://…` and `postgresql://…`. */
export function isPostgresUrl(databaseUrl: string): boolean {
  return /^postgres(ql)?:/.test(databaseUrl);
}

/** With its driver, which a start on SQLite does not read. */
const postgres = () => import('./engine-postgres.ts');

/** The settings of one connection, also for the TypeORM command line (ormconfig.ts). */
export async function dataSourceOptions(
  databaseUrl: string,
  entities: readonly EntityClass[],
): Promise<DataSourceOptions> {
  return isPostgresUrl(databaseUrl)
    ? (await postgres()).postgresOptions(databaseUrl, entities)
    : sqliteOptions(databaseUrl, entities);
}

/** The database as the rest of the house sees it: a door for writing and a manager for reading. */
export class Database {
  /** The only way to write. */
  readonly door: WriteDoor;

  private constructor(
    private readonly engine: DatabaseEngine,
    private readonly sealer: Sealer,
    /** What other processes change. */
    readonly changes: ChangeFeed,
    door: WriteDoor,
  ) {
    this.door = door;
  }

  /** What only one holder of all processes has at a time. */
  get locks(): SharedLocks {
    return this.engine.locks;
  }

  /** What is kept by days, and goes by days. */
  get days(): DayKeeper {
    return this.engine.days;
  }

  /** Reads on connections of its own: never inside the writer's transaction, always the last commit. */
  get read(): EntityManager {
    return this.engine.read;
  }

  /** A connection beside all others, closed with the database. @throws where the database is this process's alone: SQLite. */
  ownConnection(settings: OwnConnectionSettings): OwnConnection {
    const connection = this.engine.ownConnection?.(settings);
    if (!connection) throw new TypeError('SQLite has no connections of this kind');
    return connection;
  }

  /** Opens the database, brings its tables up to date and sets what durability rests on. */
  static async open(
    databaseUrl: string,
    entities: readonly EntityClass[],
    sealer: Sealer,
  ): Promise<Database> {
    const open = isPostgresUrl(databaseUrl) ? (await postgres()).openPostgres : openSqlite;
    const engine = await open(databaseUrl, entities, sealer);
    const door = new WriteDoor(engine.dialect);
    return new Database(engine, sealer, await engine.changes(() => door), door);
  }

  /** The large parts of a row, by its payload column; a later place completes and replaces an earlier one. */
  async payload(column: string | null): Promise<(Buffer | null)[]> {
    const parts: (Buffer | null)[] = [];
    for (const { packId, start, end } of column === null ? [] : placesOf(column)) {
      const [pack] = await rawQuery<{ sealed: Buffer }[]>(
        this.read,
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
    return this.engine.erasing(tx, columns.flatMap(packsOf), () => erasePayloads(tx, this.sealer, columns));
  }

  /** Makes what was erased vanish from the database's own log. @returns false where something held on to it for too long. */
  emptyLog(): Promise<boolean> {
    return this.engine.emptyLog();
  }

  /** Answers when the database reads; health asks. */
  async ping(): Promise<void> {
    await this.read.query('SELECT 1');
  }

  async close(): Promise<void> {
    await this.changes.close();
    await this.door.close();
    await this.engine.close();
  }
}
