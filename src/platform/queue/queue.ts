import type { TableRow, Tx } from '../db/index.ts';

/** Work that has to be done, now or later, also after a crash. */
export interface NewJob {
  /** Names it for good: what it is about. */
  id: string;
  /** Whose handler does it. */
  kind: string;
  /** Jobs of one lane share what a lane may hold; a lane that is held up holds up no other. */
  lane: string;
  /** Jobs of a lane with the same group run one after the other, in the order of their ids; null: with any others. */
  group: string | null;
  /** Milliseconds since 1970: not before. */
  runAt: number;
  /** What the handler needs to find the rest; a few hundred characters at most. */
  data: string;
  /** The number of its first try; absent: 1. */
  attempt?: number;
}

/** Work that a process has begun already: it waits for no other. */
export type BegunJob = NewJob & { group: null };

/** Which taking of a job this is: whoever took it before can end nothing of it. */
export interface Hold {
  /** The process that took it. */
  holder: string;
  /** Counts how often it was taken from the queue; 0: it was begun outside. */
  claim: number;
}

/** A job as its handler gets it. */
export interface Job extends NewJob {
  /** From 1; counts the tries that ended with `retry`. Whoever holds an older number can end nothing. */
  attempt: number;
  /** Absent where one process has all jobs. */
  hold?: Hold;
}

/** Does the jobs of one kind. */
export interface JobHandler {
  /** Asked when a slot is free: what to call when the job has ended, or null where it may not start now (see `Queue.wake`). */
  admit(job: Job): (() => void) | null;
  /** Does the job and ends it with `end`, `endIn` or `retry`. Where it throws, or leaves the job open, that is tried again soon. */
  run(job: Job): Promise<void>;
}

/** Jobs whose time has come and that nobody does yet. */
export interface DueJobs {
  count: number;
  /** 0: there is none. */
  oldestAgeMs: number;
}

/**
 * The alarm clock: the database holds the truth, this says when to look. Each job is stored in the commit that makes
 * it needed and removed in the commit that has done it; in between any crash leads to its being run again.
 */
export abstract class Queue {
  /** What has happened since the start. */
  readonly figures = { retries: 0, stumbles: 0 };

  /** Jobs that are being done. */
  abstract get running(): number;
  /** What waits although its time has come. */
  abstract due(): Promise<DueJobs>;
  /** Before `start`. */
  abstract handle(kind: string, handler: JobHandler): void;
  /** Begins with what is due, also from before the last crash. */
  abstract start(): Promise<void>;
  /** Stores the job together with the rows, all or none. One that waits already is planned anew; one that is at work ends as it does. */
  abstract add(job: NewJob, rows: readonly TableRow[]): Promise<void>;
  /** The same as a part of a transaction. */
  abstract addIn(tx: Tx, job: NewJob): Promise<void>;
  /** The same for work that this process has begun already: another try only follows where it does not end it. */
  abstract addBegun(job: BegunJob, rows: readonly TableRow[]): Promise<Job>;
  /** Removes the job and stores the rows; false, with nothing stored, where another has taken the job over. */
  abstract end(job: Job, rows: readonly TableRow[]): Promise<boolean>;
  /** The same as a part of a transaction. */
  abstract endIn(tx: Tx, job: Job): Promise<boolean>;
  /** Stores the rows and has the job tried again at `runAt` as the next attempt; false as `end`. */
  abstract retry(job: Job, runAt: number, rows: readonly TableRow[]): Promise<boolean>;
  /** Stores rows of a job that goes on; false as `end`. */
  abstract keep(job: Job, rows: readonly TableRow[]): Promise<boolean>;
  /** True, and true until the transaction has ended: nobody has taken the job over. */
  abstract holdsIn(tx: Tx, job: Job): Promise<boolean>;
  /** The same at this moment, for what no transaction can undo. */
  abstract holds(job: Job): Promise<boolean>;
  /** Says that a lane which `admit` refused may have room now. */
  abstract wake(): void;
  /** Jobs that wait or run, as far as this process has them at hand. */
  abstract get depth(): number;
  /** Begins no more jobs and gives those at hand `graceMs` to end; the rest is left to the next start. */
  abstract stop(graceMs: number): Promise<void>;
}
