import type { Clock } from '../clock.ts';
import { type Database, type HotTable, rawQuery, type TableRow, type Tx } from '../db/index.ts';
import { InFlight } from '../in-flight.ts';
import { JobLanes } from './job-lanes.ts';
import { SLOTS, SLOTS_PER_LANE, STUMBLE_MS } from './job-slots.ts';
import { dueJobs } from './due-jobs.ts';
import { type BegunJob, type DueJobs, type Job, type JobHandler, type NewJob, Queue } from './queue.ts';

/** Jobs known in memory, about 300 bytes each; the rest waits in the table. Jobs of a group are always known. */
const KNOWN_MAX = 50_000;
/** What is due later than this need not be in memory. */
const HORIZON_MS = 60_000;
/** Between two looks for what was left in the table. */
const SWEEP_MS = 15_000;

const jobs: HotTable = {
  name: 'queue_jobs',
  columns: ['id', 'kind', 'lane', 'group_key', 'run_at', 'attempt', 'data'],
  onConflict: '(id) DO UPDATE SET run_at = excluded.run_at, attempt = excluded.attempt, data = excluded.data',
};
const endedJobs: HotTable = { name: 'queue_jobs', columns: ['id', 'attempt'], removes: true };

/** Where a job at hand stands: open, done, or to be tried again. */
interface AtHand {
  job: Job;
  verdict: 'open' | 'ended' | Job;
  plannedAnew?: Job;
}

/** The queue of one process: a table of its own database, and in memory what is due soon. */
export class EmbeddedQueue extends Queue {
  private readonly handlers = new Map<string, JobHandler>();
  private readonly lanes = new JobLanes(SLOTS_PER_LANE);
  private readonly atHand = new InFlight<AtHand>();
  /** Of those at hand, the ones that hold a slot. */
  private slotsTaken = 0;
  private isStarted = false;
  private isStopping = false;
  /** True when the table holds jobs that found no room in memory. */
  private isBehind = false;
  /** When the first of the jobs beyond the horizon is due, of which memory knows none. */
  private farAt = Infinity;
  private endedDuringSweep: Set<string> | null = null;
  private alarm: NodeJS.Timeout | undefined;
  private sweeper: NodeJS.Timeout | undefined;
  private tellIdle: (() => void) | undefined;

  constructor(
    private readonly database: Pick<Database, 'door' | 'read'>,
    private readonly clock: Clock,
    private readonly onStumble: (job: Job, cause: unknown) => void,
  ) {
    super();
  }

  override get depth(): number {
    return this.lanes.size;
  }

  override get running(): number {
    return this.slotsTaken;
  }

  override due(): Promise<DueJobs> {
    return dueJobs(this.database.read, this.clock.now(), this.atHand);
  }

  override handle(kind: string, handler: JobHandler): void {
    this.handlers.set(kind, handler);
  }

  override async start(): Promise<void> {
    this.isStarted = true;
    await this.sweep();
    this.sweeper = setInterval(() => void this.sweepIfBehind(), SWEEP_MS).unref();
  }

  override async add(newJob: NewJob, rows: readonly TableRow[]): Promise<void> {
    const job = firstTry(newJob);
    await this.database.door.append([...rows, rowOf(job)]);
    this.takeIn(job);
    this.pump();
  }

  override async addIn(tx: Tx, newJob: NewJob): Promise<void> {
    const job = firstTry(newJob);
    await tx.write([rowOf(job)]);
    tx.afterCommit(() => {
      this.takeIn(job);
      this.pump();
    });
  }

  override async addBegun(newJob: BegunJob, rows: readonly TableRow[]): Promise<Job> {
    const job = firstTry(newJob);
    this.atHand.set(job.id, { job, verdict: 'open' });
    try {
      await this.database.door.append([...rows, rowOf(job)]);
    } catch (cause) {
      this.atHand.delete(job.id);
      throw cause;
    }
    return job;
  }

  override async end(job: Job, rows: readonly TableRow[]): Promise<boolean> {
    if (!this.isHeld(job)) return false;
    await this.database.door.append([...rows, { table: endedJobs, values: [job.id, job.attempt] }]);
    this.settle(job, 'ended');
    return true;
  }

  override async endIn(tx: Tx, job: Job): Promise<boolean> {
    if (!this.isHeld(job)) return false;
    await tx.write([{ table: endedJobs, values: [job.id, job.attempt] }]);
    tx.afterCommit(() => this.settle(job, 'ended'));
    return true;
  }

  override async retry(job: Job, runAt: number, rows: readonly TableRow[]): Promise<boolean> {
    if (!this.isHeld(job)) return false;
    const next = { ...job, runAt, attempt: job.attempt + 1 };
    await this.database.door.append([...rows, rowOf(next)]);
    this.figures.retries++;
    this.settle(job, next);
    return true;
  }

  override async keep(job: Job, rows: readonly TableRow[]): Promise<boolean> {
    if (!this.isHeld(job)) return false;
    await this.database.door.append(rows);
    return true;
  }

  override async holdsIn(_tx: Tx, job: Job): Promise<boolean> {
    return this.isHeld(job);
  }

  override async holds(job: Job): Promise<boolean> {
    return this.isHeld(job);
  }

  override wake(): void {
    // Not at once: whoever gives room back is in the middle of something.
    queueMicrotask(() => this.pump());
  }

  override async stop(graceMs: number): Promise<void> {
    this.isStopping = true;
    clearTimeout(this.alarm);
    clearInterval(this.sweeper);
    if (this.slotsTaken === 0) return;
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      this.tellIdle = resolve;
      timer = setTimeout(resolve, graceMs);
    });
    clearTimeout(timer);
  }

  private isHeld(job: Job): boolean {
    const held = this.atHand.get(job.id);
    return held?.verdict === 'open' && held.job.attempt === job.attempt;
  }

  /** What was begun elsewhere ends here; what holds a slot gives it back when its handler returns. */
  private settle(job: Job, verdict: 'ended' | Job): void {
    this.endedDuringSweep?.add(job.id);
    const held = this.atHand.get(job.id);
    if (!held) return;
    held.verdict = verdict;
    if (this.lanes.has(job.id)) return;
    this.atHand.delete(job.id);
    if (verdict === 'ended') return;
    this.takeIn(verdict);
    this.pump();
  }

  private takeIn(job: Job): void {
    const now = this.clock.now();
    if (this.lanes.has(job.id)) this.planAnew(job, now);
    else if (job.group === null && job.runAt > now + HORIZON_MS) this.farAt = Math.min(this.farAt, job.runAt);
    else if (job.group === null && this.lanes.size >= KNOWN_MAX) this.isBehind = true;
    else this.lanes.add(job, now);
  }

  /** As long as it is worked on, the end of that decides what comes of it. */
  private planAnew(job: Job, now: number): void {
    const held = this.atHand.get(job.id);
    if (!held) this.lanes.plan(job, now);
    else if (held.verdict === 'open') held.plannedAnew = job;
    else held.verdict = job;
  }

  private pump(): void {
    if (!this.isStarted || this.isStopping) return;
    const now = this.clock.now();
    while (this.slotsTaken < SLOTS) {
      let release: (() => void) | null = null;
      const job = this.lanes.take(now, (next) => {
        release = this.handlers.get(next.kind)?.admit(next) ?? null;
        return release !== null;
      });
      if (!job) break;
      void this.run(job, release!);
    }
    if (this.isBehind && this.lanes.size < KNOWN_MAX / 2 && this.slotsTaken < SLOTS)
      void this.sweepIfBehind();
    this.setAlarm(now);
  }

  private setAlarm(now: number): void {
    clearTimeout(this.alarm);
    const { nextAt } = this.lanes;
    if (nextAt === null) return;
    // Timers count at most 2³¹ ms, and the clock may be set.
    this.alarm = setTimeout(() => this.pump(), Math.min(Math.max(nextAt - now, 1), HORIZON_MS)).unref();
  }

  private async run(job: Job, release: () => void): Promise<void> {
    const held: AtHand = { job, verdict: 'open' };
    this.atHand.set(job.id, held);
    this.slotsTaken++;
    try {
      await this.handlers.get(job.kind)!.run(job);
    } catch (cause) {
      this.figures.stumbles++;
      this.onStumble(job, cause);
    }
    this.slotsTaken--;
    this.atHand.delete(job.id);
    release();
    this.putBack(held);
    if (this.slotsTaken === 0) this.tellIdle?.();
    this.pump();
  }

  private putBack({ job, verdict, plannedAnew }: AtHand): void {
    const now = this.clock.now();
    if (verdict === 'ended') {
      this.lanes.done(job, now);
      // Its row has another number than the one that was ended, and is still there.
      if (plannedAnew && plannedAnew.attempt !== job.attempt) this.takeIn(plannedAnew);
    } else if (verdict === 'open')
      this.lanes.again(job, { ...(plannedAnew ?? job), runAt: now + STUMBLE_MS }, now);
    else if (verdict.group === null && verdict.runAt > now + HORIZON_MS) {
      this.lanes.done(job, now);
      this.takeIn(verdict);
    } else this.lanes.again(job, verdict, now);
  }

  private async sweepIfBehind(): Promise<void> {
    const isDue = this.isBehind || this.farAt <= this.clock.now() + HORIZON_MS;
    if (!isDue || this.endedDuringSweep || this.isStopping) return;
    // A database that is away is asked again by the next look.
    await this.sweep().catch(() => {
      this.endedDuringSweep = null;
      this.isBehind = true;
    });
  }

  /** Takes in what the table holds and memory does not: all of groups, of the rest what is due soon. */
  private async sweep(): Promise<void> {
    const horizon = this.clock.now() + HORIZON_MS;
    this.endedDuringSweep = new Set();
    this.isBehind = false;
    this.farAt = Infinity;
    const columns = `id, kind, lane, group_key AS "group", run_at AS "runAt", attempt, data`;
    const { read } = this.database;
    const grouped = await rawQuery<Job[]>(
      read,
      `SELECT ${columns} FROM queue_jobs WHERE group_key IS NOT NULL ORDER BY id`,
    );
    const others = await rawQuery<Job[]>(
      read,
      `SELECT ${columns} FROM queue_jobs WHERE group_key IS NULL AND run_at <= ? ORDER BY run_at, id LIMIT ?`,
      [horizon, 2 * KNOWN_MAX],
    );
    const [far] = await rawQuery<{ at: number | null }[]>(
      read,
      `SELECT MIN(run_at) AS at FROM queue_jobs WHERE group_key IS NULL AND run_at > ?`,
      [horizon],
    );
    this.farAt = Math.min(this.farAt, far?.at ?? Infinity);
    const ended = this.endedDuringSweep;
    this.endedDuringSweep = null;
    for (const job of [...grouped, ...others]) {
      if (!ended.has(job.id) && !this.atHand.has(job.id) && !this.lanes.has(job.id)) this.takeIn(job);
    }
    this.pump();
  }
}

function firstTry(job: NewJob): Job {
  return { ...job, attempt: job.attempt ?? 1 };
}

function rowOf({ id, kind, lane, group, runAt, data, attempt }: Job): TableRow {
  return { table: jobs, values: [id, kind, lane, group, runAt, attempt, data] };
}
