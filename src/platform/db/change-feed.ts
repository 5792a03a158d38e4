import type { Tx } from './door-entries.ts';

/**
 * Brings what is held in memory of a table up to date, in a transaction in which nobody of this process writes: it reads
 * through `tx` and changes the memory after the commit. @param ids of the rows that are to be read anew; null: all.
 */
export type Reload = (tx: Tx, ids: readonly string[] | null) => Promise<void>;

/** What other processes have changed of the tables that are held in memory. The database is the truth, messages only wake. */
export interface ChangeFeed {
  /** Before `start`. From then on no change of the table, whoever makes it, is unknown here for more than a second. */
  follow(table: FollowedTable, reload: Reload): void;
  /** After all has been read for the first time. */
  start(): void;
  /** True where somebody may have changed something a second ago that is not known here: nothing is to be answered. */
  readonly isCutOff: boolean;
  /** Waits where it is cut off, a moment only. @returns false: it still is. */
  untilCurrent(): Promise<boolean>;
  /** From now on what is told on the channel `TALK` is heard, by whomever. */
  hear(ear: Ear): void;
  close(): Promise<void>;
}

/** The channel of what processes tell each other that is in no table. */
export const TALK = 'signalbox_talk';

/** Who hears what processes tell, his own too; it is kept nowhere, and anybody who may connect to the database can tell something. */
export interface Ear {
  heard(text: string): void;
  /** Some may have been lost: the connection is a new one. */
  missed(): void;
}

/** Tables whose changes are told; in PostgreSQL each has a trigger, so that no writer can forget to tell. */
export const followedTables = {
  webhook_configs: 'id',
  users: 'id',
  api_clients: 'id',
  client_credentials: 'id',
  signing_keys: 'id',
  secret_versions: 'name',
  command_definitions: 'id',
} as const;
export type FollowedTable = keyof typeof followedTables;

/** Where one process has the database to itself, it knows all that it has done. */
export const nobodyElse: ChangeFeed = {
  follow: () => undefined,
  start: () => undefined,
  isCutOff: false,
  untilCurrent: () => Promise.resolve(true),
  hear: () => undefined,
  close: () => Promise.resolve(),
};
