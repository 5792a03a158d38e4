import type { EntityManager } from 'typeorm';
import type { ChangeFeed } from './change-feed.ts';
import type { Dialect } from './dialect.ts';
import type { DayKeeper } from './old-days.ts';
import type { OwnConnection, OwnConnectionSettings } from './own-connection.ts';
import type { SharedLocks } from './shared-locks.ts';
import type { Tx } from './door-entries.ts';
import type { WriteDoor } from './write-door.ts';

/** An open database of one kind: what `Database` is made of. */
export interface DatabaseEngine {
  readonly dialect: Dialect;
  /** Reads on connections of its own: never inside the writer's transaction, always the last commit. */
  readonly read: EntityManager;
  /** @param door of the database that this engine is of. */
  changes(door: () => WriteDoor): Promise<ChangeFeed>;
  readonly locks: SharedLocks;
  readonly days: DayKeeper;
  /** Runs what erases packs so that their bytes are not left in the database; `emptyLog` completes it. */
  erasing(tx: Tx, packIds: readonly string[], work: () => Promise<void>): Promise<void>;
  /** Makes what was erased vanish from where the database keeps it for itself. @returns false where something held on to it. */
  emptyLog(): Promise<boolean>;
  /** Absent where the database is this process's alone. */
  ownConnection?(settings: OwnConnectionSettings): OwnConnection;
  /** After the door. */
  close(): Promise<void>;
}
