/** What a process does: answer calls, do jobs, or both. */
export interface ProcessRoles {
  readonly http: boolean;
  readonly worker: boolean;
}

/** The processes that work on one database, and which of them this one is. */
export abstract class Processes {
  /** What this process holds its jobs as; another one once it was taken for dead. */
  abstract get id(): string;
  /** How many processes answer calls, from 1: each may let through its part of what is limited. */
  abstract get answering(): number;
  /** True: for some seconds to come nobody can take this process for dead; false: the database has to be asked. */
  abstract get isSurelyAlive(): boolean;
  /** Calls with the former id when this process finds that it was taken for dead: others do what it held. */
  abstract onLost(listener: (formerId: string) => void): void;
  /** Those that run at this moment, as far as the database can tell; nobody where this is the only one there can be. */
  abstract alive(): Promise<readonly string[]>;
  /** From now on the others know of this process. */
  abstract start(): Promise<void>;
  /** From now on they do not, and may take what it still holds. */
  abstract stop(): Promise<void>;
}
