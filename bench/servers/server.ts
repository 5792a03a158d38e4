import type { Exchange } from '../workload.ts';

/** What the load tool sends to, and what each answer must be. */
export interface Target {
  /** The same work at each of these; the load reaches all of them evenly. */
  urls: string[];
  status: number;
  /** Sent under load. */
  exchange: Exchange;
  /** Sent once each before the load: other bodies, so that a canned answer does not pass. */
  probes: Exchange[];
}

/** The one whose turn it is, from 0: calls go round. */
export function inTurn<T>(list: readonly T[], n: number): T {
  return list[n % list.length]!;
}

/** How many calls the server must have seen: those answered, and those cut off when the tool stopped. */
export interface CallBounds {
  atLeast: number;
  atMost: number;
}

/** A server that is up. */
export interface RunningServer {
  /** Its processes: what they and their descendants take is what the server takes. */
  pids: number[];
  /** A database server's, if its records lie on one: its CPU counts in that of a call, its memory does not. */
  databasePids: number[];
  /** From spawning to the first 200 of its health address, of the last one where there are several. */
  readyMs: number;
  target: Target;
  /** Resolves when all that it accepted has ended, throws when that takes too long; absent where answers come after the work. */
  settle?(): Promise<void>;
  /** Ends it and checks what it kept; answers a sentence for the report, throws when something is missing. */
  finish(bounds: CallBounds): Promise<string | undefined>;
  /** Ends it without a check. */
  stop(): Promise<void>;
}

/** One line of the comparison. */
export interface Row {
  name: string;
  title: string;
  isOurs: boolean;
  /** The connection counts it is measured at, unless the command line says which; absent: all. */
  connections?: number[];
  /** The row of ours it is compared with, whose work is the same done plainly, or by one process on SQLite. */
  plain?: string;
  /** Its records lie on a database server. */
  hasDatabaseServer?: boolean;
  /** Why it can't run here, if so. */
  obstacle(): string | undefined;
  /** Starts it with everything it writes inside `folder`. */
  start(folder: string): Promise<RunningServer>;
}
