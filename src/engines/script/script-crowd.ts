/** The workers of a pool: how many there are, and which one takes what. */
import { pidsText } from '../../platform/worker-end.ts';
import { CHECKS, type ScriptJob } from './script-job.ts';
import type { ScriptQueue } from './script-queue.ts';
import { ScriptWorker, type ScriptWorkerEvents } from './script-worker.ts';
import { launchWorker, launchesToTry, type WorkerLaunch } from './worker-launch.ts';

/** Runs in one worker's pipe at most, as long as they are less than FULL_MICROS of work, and otherwise. */
const QUICK_DEPTH_MAX = 128;
const DEPTH_MAX = 64;
/**
 * Work that one worker is given before the next one gets any. Each worker that is woken costs 5 µs and a change of
 * process: two workers in turns took 81 µs of CPU a call, one after the other 71 (50 connections, two cores). With 1,500 and
 * 64 runs at most instead of 500 and 32, calls/s + 5 % (50 connections), + 3 % (200; medians of 7 starts); with 128 instead of 64 + 2 and + 4 %
 * (3 starts); of runs of 5 ms, whoever is behind 64 has to wait 0.3 s for them.
 */
const FULL_MICROS = 1500;
/** A worker that is missing for this long is replaced although others are free: starting one costs 60 ms of CPU. */
const MISSING_MS = 100;
const SURPLUS_IDLE_MS = 5000;
/** Without a script for so long, all but one may go: each has 60 to 70 MiB and takes 170 ms of CPU to start. */
const UNUSED_MS = 600_000;
const LAUNCH_PAUSE_MS_MAX = 5000;
const KIB_PER_MIB = 1024;
const WAITING_EXTRA = 10;
/** Checks take 2 ms each and come first: more at once are never needed. */
const CHECKING_EXTRA = 2;
/** A worker whose isolates have grown it to this is replaced when it has nothing to do. */
const RECYCLED_KIB = 384 * KIB_PER_MIB;

/** Keeps `workers` free workers and a warm spare, more while runs hold theirs, and one where nobody has a script. */
export class ScriptCrowd {
  readonly members: ScriptWorker[] = [];
  readonly #workers: number;
  readonly #isFresh: boolean;
  readonly #events: ScriptWorkerEvents;
  readonly #leaving = new Set<ScriptWorker>();
  #way: WorkerLaunch;
  #missingSince = 0;
  #failedStarts = 0;
  #launchAfter = 0;
  #isStopping = false;
  /** Members that are kept although nothing is to be done. */
  #kept = 1;
  #usedAt = 0;

  constructor(workers: number, isFresh: boolean, events: ScriptWorkerEvents) {
    this.#workers = workers;
    this.#isFresh = isFresh;
    this.#way = launchesToTry(isFresh)[0];
    this.#events = events;
  }

  /** Processes at most. A script that waits for a command holds one, at 20 MiB of its own. */
  get membersMax(): number {
    return this.#workers * 3 + WAITING_EXTRA;
  }

  get isReady(): boolean {
    return this.members.some((worker) => worker.isReady);
  }

  /** No worker is at anything, also not at what was taken from it. */
  get isAtRest(): boolean {
    return this.members.every(({ jobs, isFenced }) => jobs.length === 0 && !isFenced);
  }

  /** How workers are started here: with which rights. */
  get way(): Readonly<WorkerLaunch> {
    return this.#way;
  }

  /** Starts one worker, which shows that they can; throws what it said when none can start at all. */
  async start(): Promise<void> {
    let message: string | undefined;
    for (const way of launchesToTry(this.#isFresh)) {
      this.#way = way;
      message = await this.#started(this.#launch());
      if (message === undefined) return;
    }
    throw new Error(`The script worker cannot start: ${message}`);
  }

  /** Told of each script: from the first one on all workers are kept. */
  noteUse(now: number): void {
    this.#usedAt = now;
    if (this.#kept > 1 || this.#isStopping) return;
    this.#kept = this.#workers + 1;
    while (this.members.length < this.#kept) this.#launch();
  }

  /** A worker whose runs have been fast, for one more of their kind. */
  pickShared(areExclusivesWaiting: boolean, nesting: number): ScriptWorker | undefined {
    const mayTakeIdle = this.#mayTakeIdle(nesting);
    let open = 0;
    for (const worker of this.members) if (isOpen(worker)) open += 1;
    // While somebody waits for a worker of his own, the last open one is left to run dry.
    const lanes = areExclusivesWaiting ? Math.max(1, Math.min(this.#workers, open - 1)) : this.#workers;
    let best: ScriptWorker | undefined;
    let seen = 0;
    for (const worker of this.members) {
      if (!isOpen(worker) || !(mayTakeIdle || worker.jobs.length > 0)) continue;
      const { expectedMicros, jobs } = worker;
      if (expectedMicros < FULL_MICROS && jobs.length < QUICK_DEPTH_MAX) return worker;
      if (jobs.length < DEPTH_MAX && (best === undefined || expectedMicros < best.expectedMicros))
        best = worker;
      seen += 1;
      if (seen === lanes) break;
    }
    return best;
  }

  /**
   * True where one more worker may be taken. Each depth of nesting has a process more than the one above it, so that of
   * runs that wait for runs the deepest always finds one, and none waits for a process that is held by who waits for it.
   */
  #mayTakeIdle(nesting: number): boolean {
    const max = this.membersMax + nesting;
    if (this.members.length <= max) return true;
    let taken = 0;
    for (const worker of this.members) if (worker.jobs.length > 0) taken += 1;
    return taken < max;
  }

  /** An idle worker for a run that is slow or unknown; never the last one its owner may hold. */
  pickAlone(ownerId: string, nesting: number): ScriptWorker | undefined {
    if (ownerId === CHECKS) return this.members.find((worker) => isOpen(worker) && worker.jobs.length === 0);
    let running = 0;
    let ownerRunning = 0;
    let ownerHeld = 0;
    let held = 0;
    let idle: ScriptWorker | undefined;
    for (const worker of this.members) {
      if (worker.isHeld) {
        held += 1;
        const isOwners = worker.head?.ownerId === ownerId;
        if (isOwners) ownerHeld += 1;
        if (worker.waitingSince !== 0) continue;
        running += 1;
        if (isOwners) ownerRunning += 1;
      } else if (isOpen(worker) && worker.jobs.length === 0) idle = worker;
    }
    const ownerMax = Math.max(1, this.#workers - 1);
    // One process is always left to the fast ones, and two to other owners.
    const isRoom =
      nesting > 0
        ? this.#mayTakeIdle(nesting)
        : held < this.membersMax - 1 && ownerHeld < this.membersMax - 3;
    return isRoom && running < this.#workers && ownerRunning < ownerMax ? idle : undefined;
  }

  /**
   * Starts what is missing: at once where nobody is free, else after a moment. Checks may have processes beyond the
   * most, and so may nested runs: a script that waits for a command which checks or runs a script would else wait for
   * its own end.
   */
  refill(now: number, waiting: Pick<ScriptQueue, 'has' | 'nestingMax'>): void {
    if (this.#isStopping || now < this.#launchAfter) return;
    const open = this.members.filter((worker) => !worker.isHeld && !worker.isRetiring).length;
    if (open >= this.#kept) {
      this.#missingSince = 0;
      return;
    }
    const extra = (waiting.has(CHECKS) ? CHECKING_EXTRA : 0) + waiting.nestingMax;
    if (this.members.length >= this.membersMax + extra) return;
    if (this.#missingSince === 0) this.#missingSince = now;
    const isUrgent = open === 0 || this.members.length < this.#kept;
    if (!isUrgent && now - this.#missingSince < MISSING_MS) return;
    this.#missingSince = 0;
    this.#launch();
  }

  /** Lets go of workers that nobody needs any more and of those that have grown too large. */
  tidy(now: number): void {
    if (now - this.#usedAt > UNUSED_MS) this.#kept = 1;
    const idle = this.members.filter((worker) => isOpen(worker) && worker.jobs.length === 0);
    const large = idle.find((worker) => worker.residentBaseline > RECYCLED_KIB);
    const surplus = this.members.length > this.#kept ? idle.at(-1) : undefined;
    const leaving = large ?? (surplus && now - surplus.idleSince > SURPLUS_IDLE_MS ? surplus : undefined);
    if (leaving !== undefined) this.remove(leaving).retire();
  }

  /** Measures the workers that are well, as what a bad run is compared with. */
  measure(): void {
    for (const worker of this.members)
      if (isOpen(worker)) worker.residentBaseline = worker.stat.residentKib();
  }

  /** The worker is no longer counted on; its process may still be ending. */
  remove(worker: ScriptWorker): ScriptWorker {
    const at = this.members.indexOf(worker);
    if (at !== -1) this.members.splice(at, 1);
    if (!worker.isGone) this.#leaving.add(worker);
    this.#tellSiblings();
    return worker;
  }

  /** Forgets a worker whose process is gone; one that never got ready slows the next start down. */
  forget(worker: ScriptWorker, now: number): void {
    this.remove(worker);
    this.#leaving.delete(worker);
    if (worker.wasReady) this.#failedStarts = 0;
    else if (!worker.isKilled) {
      this.#failedStarts += 1;
      this.#launchAfter = now + Math.min(LAUNCH_PAUSE_MS_MAX, 100 * 2 ** this.#failedStarts);
    }
  }

  /** Kills every process and waits until none is left. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    const all = [...this.members, ...this.#leaving];
    for (const worker of all) worker.kill();
    await Promise.all(all.map((worker) => worker.gone));
  }

  #launch(): ScriptWorker {
    const worker = new ScriptWorker(launchWorker(this.#way), this.#events);
    this.members.push(worker);
    this.#tellSiblings();
    return worker;
  }

  #tellSiblings(): void {
    const pids = pidsText(this.members.map(({ child }) => child));
    for (const worker of this.members) worker.tellSiblings(pids);
  }

  async #started(worker: ScriptWorker): Promise<string | undefined> {
    await Promise.race([worker.ready, worker.gone]);
    if (worker.wasReady) return undefined;
    return worker.end.stderr.trim() || `exit code ${worker.end.code}`;
  }
}

function isOpen(worker: ScriptWorker): boolean {
  return worker.isReady && !worker.isHeld && !worker.isFenced && !worker.isRetiring;
}

/** Marks the worker as taken by one job. */
export function submitAlone(worker: ScriptWorker, job: ScriptJob, now: number): void {
  worker.residentBaseline = worker.stat.residentKib();
  worker.submit(job, now);
  worker.isBaselineOfHead = true;
  worker.meter.resetNow();
  worker.isHeld = true;
}
