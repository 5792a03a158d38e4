import type { Clock } from '../clock.ts';
import { type Database, RowNotThere, type TableRow, type Tx, untilStored } from '../db/index.ts';
import type { Processes } from '../processes/index.ts';
import { CLAIM_PROLOGUE, JobClaims } from './job-claims.ts';
import { lanesIn, LISTEN, JobNotices } from './job-notices.ts';
import { againRow, endedRow, jobRow, keptRow } from './job-rows.ts';
import { freeJobsDue } from './due-jobs.ts';
import { JobsAtHand, type Verdict } from './jobs-at-hand.ts';
import { type BegunJob, type DueJobs, type Job, type JobHandler, type NewJob, Queue } from './queue.ts';
import { TakeJobs } from './take-jobs.ts';

/** A look for jobs takes a few ms; what takes this long stands still. */
const STATEMENT_MS_MAX = 10_000;

/** What the queue needs. */
export interface PostgresQueueParts {
  database: Pick<Database, 'door' | 'read' | 'ownConnection'>;
  processes: Processes;
  clock: Clock;
  onStumble: (job: Job, cause: unknown) => void;
}

/**
 * The queue of any number of processes: a table that they take their jobs from, each under the name that it has at that
 * moment. Whatever a process writes of a job asks, in the same commit, whether it holds the job still.
 */
export class PostgresQueue extends Queue {
  private readonly atHand = new JobsAtHand();
  private readonly taking: TakeJobs;
  private readonly notices: JobNotices;
  private readonly database: PostgresQueueParts['database'];
  private readonly processes: Processes;
  private readonly clock: Clock;

  constructor({ database, processes, clock, onStumble }: PostgresQueueParts) {
    super();
    this.database = database;
    this.processes = processes;
    this.clock = clock;
    const connection = database.ownConnection({
      prologue: [...CLAIM_PROLOGUE, LISTEN],
      statementMsMax: STATEMENT_MS_MAX,
      onNotice: (payload) => this.noticed(payload),
    });
    this.notices = new JobNotices(connection);
    this.taking = new TakeJobs({
      claims: new JobClaims(connection),
      atHand: this.atHand,
      processes,
      clock,
      onStumble: (job, cause) => {
        this.figures.stumbles++;
        onStumble(job, cause);
      },
    });
    processes.onLost((formerId) => this.atHand.lose(formerId));
  }

  override get depth(): number {
    return this.atHand.size;
  }

  override get running(): number {
    return this.taking.running;
  }

  override due(): Promise<DueJobs> {
    return freeJobsDue(this.database.read, this.clock.now());
  }

  override handle(kind: string, handler: JobHandler): void {
    this.taking.handle(kind, handler);
  }

  override async start(): Promise<void> {
    this.taking.start();
  }

  override async add(newJob: NewJob, rows: readonly TableRow[]): Promise<void> {
    const job = firstTry(newJob);
    await this.database.door.append([...rows, jobRow(job)]);
    this.arrived(job);
  }

  override async addIn(tx: Tx, newJob: NewJob): Promise<void> {
    const job = firstTry(newJob);
    await tx.write([jobRow(job)]);
    tx.afterCommit(() => this.arrived(job));
  }

  override async addBegun(newJob: BegunJob, rows: readonly TableRow[]): Promise<Job> {
    const job = { ...firstTry(newJob), hold: { holder: this.processes.id, claim: 0 } };
    this.atHand.add(job, false);
    try {
      await this.database.door.append([...rows, jobRow(job)]);
    } catch (cause) {
      this.atHand.delete(job.id);
      // Where it came through and only the answer did not.
      this.taking.giveUp(job);
      throw cause;
    }
    return job;
  }

  override end(job: Job, rows: readonly TableRow[]): Promise<boolean> {
    return this.store(job, [endedRow(job), ...rows], 'ended');
  }

  override async endIn(tx: Tx, job: Job): Promise<boolean> {
    if (!(await isThere(tx.write([endedRow(job)])))) return false;
    tx.afterCommit(() => this.settle(job, 'ended'));
    return true;
  }

  override async retry(job: Job, runAt: number, rows: readonly TableRow[]): Promise<boolean> {
    const isStored = await this.store(job, [againRow(job, runAt), ...rows], 'again');
    if (!isStored) return false;
    this.figures.retries++;
    this.arrived({ ...job, runAt });
    return true;
  }

  override keep(job: Job, rows: readonly TableRow[]): Promise<boolean> {
    return this.store(job, [keptRow(job), ...rows], 'open');
  }

  override holdsIn(tx: Tx, job: Job): Promise<boolean> {
    return isThere(tx.write([keptRow(job)]));
  }

  override async holds(job: Job): Promise<boolean> {
    const isOpen = this.atHand.find(job)?.verdict === 'open';
    if (!isOpen || !job.hold) return false;
    if (job.hold.holder === this.processes.id && this.processes.isSurelyAlive) return true;
    // It stood still for a while, or the database was away: what others have done since only the database knows.
    return await untilStored(() => this.keep(job, []));
  }

  override wake(): void {
    // Not at once: whoever gives room back is in the middle of something.
    queueMicrotask(() => this.taking.wake());
  }

  override stop(graceMs: number): Promise<void> {
    return this.taking.stop(graceMs);
  }

  private async store(job: Job, rows: readonly TableRow[], verdict: Verdict): Promise<boolean> {
    const isStored = await isThere(this.database.door.append(rows));
    this.settle(job, isStored ? verdict : 'lost');
    return isStored;
  }

  /** What holds a slot gives it back when its handler returns. */
  private settle(job: Job, verdict: Verdict): void {
    const atHand = this.atHand.find(job);
    if (!atHand || atHand.verdict !== 'open') return;
    atHand.verdict = verdict;
    if (!atHand.hasSlot && verdict !== 'open') this.atHand.delete(job.id);
  }

  /** A job is free, and maybe due. */
  private arrived({ lane, group, runAt }: Job): void {
    if (runAt > this.clock.now()) this.taking.dueAt(runAt);
    else if (!this.taking.arrive(lane, group !== null)) this.notices.tell(lane, group !== null);
  }

  private noticed(payload: string): void {
    const lanes = lanesIn(payload);
    for (const { lane, inGroups } of lanes) this.taking.arrive(lane, inGroups);
    if (lanes.length === 0) this.taking.look();
  }
}

async function isThere(writing: Promise<void>): Promise<boolean> {
  try {
    await writing;
    return true;
  } catch (cause) {
    if (cause instanceof RowNotThere) return false;
    throw cause;
  }
}

function firstTry(job: NewJob): Job {
  return { ...job, attempt: job.attempt ?? 1 };
}
