/** Runs scripts in a small crowd of killable processes. */
import { FROM_WORKER, WORKER_LIMITS, type Frame } from './frames.ts';
import { decodeCall } from './frames-run.ts';
import { answerCall } from './script-calls.ts';
import { ScriptCrowd, submitAlone } from './script-crowd.ts';
import { CHECKS, ScriptJob, type ScriptTask, suspect } from './script-job.ts';
import { keepLogLine, settleWithReport } from './script-outcome.ts';
import { killReasonOf, type KillReason, ScriptFigures } from './script-metrics.ts';
import { ScriptPace } from './script-pace.ts';
import { ScriptQueue } from './script-queue.ts';
import type { ScriptOutcome, ScriptRequest, ScriptVerdict } from './script-run.ts';
import { isLost, judgeDeath, judgeHead, suspectsAmong, totalTimeVerdict } from './script-watch.ts';
import type { ScriptWorker } from './script-worker.ts';
import { Unsettled } from '../../platform/unsettled.ts';

const MEMORY_LIMIT = WORKER_LIMITS.indexOf('memory');
const TICK_MS = 5;
/** A head older than this holds its worker: what waits behind it goes to another. */
const HELD_AFTER_MS = 20;
const TICKS_PER_MEASURE = 50;
const TIDY_MS = 1000;
const QUEUED_MAX = 10_000;

/** How a pool is set up; see `SCRIPT_WORKERS` and `SCRIPT_ISOLATION` of the contract. */
export interface ScriptPoolOptions {
  workers: number;
  isolation: 'frozen' | 'fresh';
  /** Told of each worker that was killed or went away, for the log. */
  onIncident?: (message: string) => void;
}

/** What the pool is doing now, and what has happened since it started. */
export interface ScriptPoolStats {
  workers: number;
  busy: number;
  queued: number;
  kills: number;
  restarts: number;
}

/** Runs scripts so that a bad one harms only itself; `run` never rejects. */
export class ScriptPool {
  readonly #options: ScriptPoolOptions;
  readonly #crowd: ScriptCrowd;
  readonly #queue = new ScriptQueue();
  readonly #pace = new ScriptPace();
  #isOpen = false;
  readonly #unsettled = new Unsettled();
  #watch: NodeJS.Timeout | undefined;
  #tidy: NodeJS.Timeout | undefined;
  #ticks = 0;
  /** What has happened since the start. */
  readonly figures = new ScriptFigures();

  constructor(options: ScriptPoolOptions) {
    this.#options = options;
    this.#crowd = new ScriptCrowd(options.workers, options.isolation === 'fresh', {
      onReady: () => this.#pump(),
      onFrame: (worker, job, frame) => this.#onFrame(worker, job, frame),
      onGone: (worker, jobs) => this.#onGone(worker, jobs),
    });
  }

  get isReady(): boolean {
    return this.#isOpen && this.#crowd.isReady;
  }

  /** Starts the first worker; rejects with a sentence when none can start. */
  async start(): Promise<void> {
    await this.#crowd.start();
    if (this.#crowd.way.readsAnything)
      this.#options.onIncident?.('script workers can read files: modules are linked');
    this.#isOpen = true;
    this.#tidy = setInterval(() => this.#tidyUp(), TIDY_MS).unref();
  }

  /** Runs a script; whatever happens to it is in the outcome. */
  run(request: ScriptRequest): Promise<ScriptOutcome> {
    return this.#accept({ kind: 'run', request });
  }

  /** The first syntax error of a script with its place, or null when it compiles; rejects when it cannot be told. */
  async check(source: string): Promise<string | null> {
    let message = '';
    const task: ScriptTask = { kind: 'check', source, onChecked: (text) => (message = text) };
    const { verdict } = await this.#accept(task);
    if (verdict.kind === 'returned') return message === '' ? null : message;
    if (verdict.kind === 'limit') return `The script is too large to compile: ${verdict.message}`;
    throw new Error('message' in verdict ? verdict.message : 'The script could not be checked');
  }

  /** Takes no more runs, gives those at hand `graceMs` to end, and leaves no process behind. */
  async stop(graceMs: number): Promise<void> {
    this.#isOpen = false;
    clearInterval(this.#tidy);
    await this.#unsettled.none(graceMs);
    const left = this.#queue.takeOut(() => true);
    for (const worker of this.#crowd.members) left.push(...worker.jobs.splice(0));
    for (const job of left) job.settle({ kind: 'unavailable', message: 'The server is stopping' });
    clearInterval(this.#watch);
    await this.#crowd.stop();
  }

  stats(): ScriptPoolStats {
    const { members } = this.#crowd;
    return {
      workers: members.length,
      busy: members.filter((worker) => worker.jobs.length > 0).length,
      queued: this.#queue.size,
      kills: Object.values(this.figures.kills.counts).reduce((sum, count) => sum + count, 0),
      restarts: this.figures.restarts,
    };
  }

  #accept(task: ScriptTask): Promise<ScriptOutcome> {
    return new Promise((resolve) => {
      const now = performance.now();
      this.#unsettled.begun();
      const job = new ScriptJob(task, now, (outcome) => {
        this.#unsettled.ended();
        if (task.kind === 'run') this.figures.noteRun(outcome.verdict);
        resolve(outcome);
      });
      if (!this.#isOpen || this.#queue.size >= QUEUED_MAX) {
        const message = this.#isOpen ? 'Too many scripts are waiting' : 'The script engine is not running';
        job.settle({ kind: 'unavailable', message });
        return;
      }
      this.#watch ??= setInterval(() => this.#tick(), TICK_MS);
      job.expectedMicros = this.#pace.expectedMicros(job.programKey);
      const isNext = !this.#queue.has(job.ownerId) && !this.#queue.has(CHECKS);
      if (!isNext || !this.#place(job, now)) {
        this.#queue.add(job);
        this.#crowd.refill(now, this.#queue);
      }
      this.#crowd.noteUse(now);
    });
  }

  #place(job: ScriptJob, now: number): boolean {
    if (job.isExclusive) {
      const worker = this.#crowd.pickAlone(job.ownerId, job.nesting);
      if (worker !== undefined) submitAlone(worker, job, now);
      return worker !== undefined;
    }
    const worker = this.#crowd.pickShared(this.#queue.exclusives > 0, job.nesting);
    worker?.submit(job, now);
    return worker !== undefined;
  }

  #pump(): void {
    if (this.#queue.size === 0) return;
    const now = performance.now();
    this.#queue.offer((job) => this.#place(job, now));
    if (this.#queue.size > 0) this.#crowd.refill(now, this.#queue);
  }

  /** Puts jobs whose worker is lost to them first in line again. */
  #requeue(jobs: ScriptJob[]): void {
    const left = jobs.filter((job) => !job.isSettled);
    for (const job of left) job.expectedMicros = this.#pace.expectedMicros(job.programKey);
    this.#queue.addFirst(left);
  }

  #onFrame(worker: ScriptWorker, job: ScriptJob, frame: Frame): void {
    if (frame.type === FROM_WORKER.call) this.#onCall(worker, job, frame);
    else if (frame.type === FROM_WORKER.log) keepLogLine(job, frame);
    else if (frame.type === FROM_WORKER.checked) this.#onChecked(worker, job, frame);
    else this.#onReport(worker, job, frame);
  }

  #onChecked(worker: ScriptWorker, job: ScriptJob, frame: Frame): void {
    if (job.task.kind === 'check') job.task.onChecked(frame.payload.toString('utf8'));
    job.settle({ kind: 'returned', json: 'null' });
    worker.shiftHead(performance.now());
    this.#pump();
  }

  #onReport(worker: ScriptWorker, job: ScriptJob, frame: Frame): void {
    const report = settleWithReport(job, frame);
    this.#pace.note(job.programKey, report.micros);
    worker.shiftHead(performance.now());
    const isSpent = frame.type === FROM_WORKER.limit && report.status === MEMORY_LIMIT;
    if (isSpent) this.#discard(worker, 'a worker ran out of memory', 'memory');
    else if (report.wantsSync) worker.sync();
    this.#pump();
  }

  #onCall(worker: ScriptWorker, job: ScriptJob, frame: Frame): void {
    const { task } = job;
    if (task.kind !== 'run' || job.isSettled) {
      worker.abandon(frame.ticket, performance.now());
      return;
    }
    job.calls += 1;
    const call = decodeCall(frame.payload);
    worker.beginWait(call.micros / 1000, performance.now());
    void answerCall(task.request, call).then((envelopeJson) => {
      if (worker.head === job && !job.isSettled && !worker.isKilled) {
        worker.reply(frame.ticket, envelopeJson, performance.now());
      }
    });
    // Waiting frees the turn of those who want a worker to themselves.
    if (this.#queue.size > 0) this.#pump();
  }

  #onGone(worker: ScriptWorker, jobs: ScriptJob[]): void {
    const now = performance.now();
    this.#crowd.forget(worker, now);
    const suspects = suspectsAmong(jobs);
    const head = jobs[0];
    if (suspects.length > 1) suspect(suspects);
    else if (head !== undefined) {
      const verdict = judgeDeath(worker.end, head.memoryMb);
      const isInnocent = verdict.kind === 'unavailable' && this.#isOpen && head.mayBeRetried();
      if (!isInnocent) head.settle(verdict);
      this.#pace.note(head.programKey, Infinity);
    }
    if (!worker.isKilled && !worker.isRetiring) {
      this.figures.restarts += 1;
      this.#options.onIncident?.(`a script worker went away: ${worker.end.signal ?? worker.end.code}`);
    }
    this.#requeue(jobs);
    if (this.#isOpen) this.#crowd.refill(now, this.#queue);
    this.#pump();
  }

  #discard(worker: ScriptWorker, why: string, reason: KillReason): void {
    this.figures.kills.add(reason);
    const jobs = worker.jobs.splice(0);
    this.#crowd.remove(worker);
    worker.kill();
    this.#requeue(jobs);
    this.#options.onIncident?.(why);
    this.#crowd.refill(performance.now(), this.#queue);
  }

  #kill(worker: ScriptWorker, head: ScriptJob, verdict: ScriptVerdict): void {
    worker.jobs.shift();
    head.settle(verdict);
    this.#pace.note(head.programKey, Infinity);
    const why = `a script was stopped: ${'message' in verdict ? verdict.message : verdict.kind}`;
    this.#discard(worker, why, killReasonOf(verdict));
  }

  #tick(): void {
    if (this.#unsettled.count === 0 && this.#crowd.isAtRest) {
      clearInterval(this.#watch);
      this.#watch = undefined;
      return;
    }
    // After the poll phase: a server that was busy reads what has ended before it judges what has not.
    setImmediate(() => this.#judge());
  }

  #judge(): void {
    const now = performance.now();
    this.#ticks += 1;
    for (const worker of this.#crowd.members.slice()) this.#judgeWorker(worker, now);
    for (const job of this.#queue.takeOut((job) => now > job.deadlineAt)) job.settle(totalTimeVerdict());
    if (this.#ticks % TICKS_PER_MEASURE === 0) this.#crowd.measure();
    this.#crowd.refill(now, this.#queue);
    this.#pump();
  }

  #judgeWorker(worker: ScriptWorker, now: number): void {
    const { head } = worker;
    if (isLost(worker, now)) this.#discard(worker, 'a worker was lost in a run that had been moved', 'lost');
    if (head === undefined || worker.isKilled) return;
    const verdict = judgeHead(worker, now);
    const isOld = now - worker.headSince > HELD_AFTER_MS;
    const suspects = verdict === undefined && (!isOld || worker.isHeld) ? [] : suspectsAmong(worker.jobs);
    if (suspects.length > 1) this.#scatter(worker, suspects, verdict);
    else if (verdict !== undefined && worker.waitingSince === 0) this.#kill(worker, head, verdict);
    else if (verdict !== undefined) {
      head.settle(verdict);
      worker.abandon(head.ticket, now);
    } else if (isOld && !worker.isHeld) {
      worker.isHeld = true;
      this.#requeue(worker.takeBehindHead());
    }
  }

  /** One of several does not end, and nobody knows which: all begin anew, elsewhere, and now it will show. */
  #scatter(worker: ScriptWorker, suspects: readonly ScriptJob[], verdict: ScriptVerdict | undefined): void {
    suspect(suspects);
    const isTooLarge = verdict?.kind === 'limit' && verdict.limit === 'memory';
    if (isTooLarge) this.#discard(worker, 'a worker used more memory than any of its scripts may', 'memory');
    else this.#requeue(worker.takeAll(performance.now()));
  }

  #tidyUp(): void {
    const now = performance.now();
    this.#crowd.measure();
    this.#crowd.tidy(now);
    this.#crowd.refill(now, this.#queue);
  }
}
