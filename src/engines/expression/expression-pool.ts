/** Evaluates expressions and schemas in a few killable processes. */
import { setTimeout as delay } from 'node:timers/promises';
import { Unsettled } from '../../platform/unsettled.ts';
import { pidsText } from '../../platform/worker-end.ts';
import { ExpressionJob } from './expression-job.ts';
import { type ExpressionLaunch, launchesToTry, launchWorker } from './expression-launch.ts';
import {
  ExpressionFigures,
  type ExpressionKillReason,
  type ExpressionPoolStats,
} from './expression-metrics.ts';
import { faultIn, goneOutcome, memoryOutcome, outcomeOf, timeOutcome } from './expression-outcomes.ts';
import { type ExpressionOutcome, ExpressionProgram, type ExpressionStep } from './expression-program.ts';
import { ExpressionQueue } from './expression-queue.ts';
import { ExpressionWorker } from './expression-worker.ts';
import { SLOW_AFTER_MS, SlowOwners } from './slow-owners.ts';
import { PARTS_BYTES_MAX } from './wire.ts';

const TICK_MS = 10;
const WAIT_MS_MAX = 5_000;
/** A head older than this holds its worker: what waits behind it goes to another. */
const HELD_AFTER_MS = 20;
/** Calls at one worker at a time: enough to be sent together, few enough to be moved. */
const SENT_MAX = 32;
const START_MS_MAX = 10_000;
const RESTART_MS = 500;

/** How a pool is set up. */
export interface ExpressionPoolOptions {
  workers: number;
  /** Running time of one call of a program. */
  runningMs: number;
  /** Heap of one worker, the libraries' 12 MiB included. */
  heapMb: number;
  /** Told of each worker that was killed or went away, for the log. */
  onIncident?: (message: string) => void;
}

/** Evaluates so that a bad expression harms only itself; `evaluate` never rejects. */
export class ExpressionPool {
  readonly #options: ExpressionPoolOptions;
  readonly #queue = new ExpressionQueue();
  readonly #slow = new SlowOwners();
  #workers: ExpressionWorker[] = [];
  #launch: ExpressionLaunch | undefined;
  #isOpen = false;
  #isStopped = false;
  #opening: Promise<void> | null = null;
  readonly #unsettled = new Unsettled();
  #watch: NodeJS.Timeout | undefined;
  /** What has happened since the start. */
  readonly figures = new ExpressionFigures();

  constructor(options: ExpressionPoolOptions) {
    this.#options = options;
  }

  /** True also while nobody has needed it: the first evaluation starts it. */
  get isReady(): boolean {
    const isIdle = !this.#isOpen && this.#opening === null;
    return !this.#isStopped && (isIdle || this.#workers.some(({ isReady }) => isReady));
  }

  /** What it is doing now. */
  stats(): ExpressionPoolStats {
    const workers = this.#workers;
    return {
      workers: workers.length,
      busy: workers.filter(({ jobs }) => jobs.length > 0).length,
      queued: this.#queue.size,
    };
  }

  /** Starts the workers before anybody needs them; rejects with a sentence when none can start. */
  start(): Promise<void> {
    if (this.#isOpen) return Promise.resolve();
    return (this.#opening ??= this.#open().finally(() => (this.#opening = null)));
  }

  /** Evaluates a program over the parts that it names, each JSON text. */
  evaluate(program: ExpressionProgram, parts: readonly Uint8Array[]): Promise<ExpressionOutcome> {
    const verdicts = this.#isStopped ? null : program.atHand(parts);
    if (verdicts) {
      const outcome: ExpressionOutcome = { kind: 'done', verdicts };
      this.figures.noteOutcome(outcome);
      return Promise.resolve(outcome);
    }
    return new Promise((resolve) => {
      const now = performance.now();
      this.#unsettled.begun();
      const job = new ExpressionJob(program, parts, now + WAIT_MS_MAX, (outcome) => {
        this.#unsettled.ended();
        this.figures.noteOutcome(outcome);
        resolve(outcome);
      });
      if (this.#isStopped) {
        job.settle({ kind: 'unavailable', message: 'The expression engine is not running' });
        return;
      }
      if (parts.reduce((bytes, part) => bytes + part.length, 0) > PARTS_BYTES_MAX) {
        job.settle(memoryOutcome(job));
        return;
      }
      this.#watch ??= setInterval(() => this.#tick(), TICK_MS);
      if (this.#queue.size === 0 && this.#place(job, now)) return;
      if (this.#queue.add(job, this.#isSlow(job, now))) this.#pump(now);
      else job.settle({ kind: 'unavailable', message: 'Too many expressions are waiting' });
      if (!this.#isOpen) this.start().catch((cause: Error) => this.#giveUp(cause.message));
    });
  }

  /** The first fault of an expression over these variables, or null; rejects when it cannot be told. */
  checkExpression(text: string, variables: readonly string[]): Promise<string | null> {
    return this.#check({ kind: 'check-expression', text, variables });
  }

  /** The first fault of a JSON Schema, or null; rejects when it cannot be told. */
  checkSchema(schema: unknown): Promise<string | null> {
    return this.#check({ kind: 'check-schema', schema });
  }

  /** Takes no more, gives what is at hand `graceMs` to end, and leaves no process behind. */
  async stop(graceMs: number): Promise<void> {
    this.#isStopped = true;
    this.#isOpen = false;
    await this.#unsettled.none(graceMs);
    clearInterval(this.#watch);
    const left = this.#queue.takeOut(() => true);
    const workers = this.#workers.splice(0);
    for (const worker of workers) left.push(...worker.jobs.splice(0));
    for (const job of left) job.settle({ kind: 'unavailable', message: 'The server is stopping' });
    for (const worker of workers) worker.kill();
    await Promise.all(workers.map(({ gone }) => gone));
  }

  async #open(): Promise<void> {
    for (const launch of launchesToTry()) {
      if (this.#isStopped) break;
      this.#launch = launch;
      if (!(await this.#startsWith(launch))) continue;
      this.#isOpen = true;
      this.#refill();
      if (launch.readsAnything)
        this.#options.onIncident?.('expression workers can read files: modules are linked');
      return;
    }
    throw new Error('The expression engine cannot start: its worker process does not come up');
  }

  #giveUp(message: string): void {
    if (this.#isStopped) return;
    this.#options.onIncident?.(message);
    for (const job of this.#queue.takeOut(() => true)) job.settle({ kind: 'unavailable', message });
  }

  async #check(step: ExpressionStep): Promise<string | null> {
    return faultIn(await this.evaluate(new ExpressionProgram('', [], [step]), []));
  }

  #spawn(launch: ExpressionLaunch): ExpressionWorker {
    const worker = new ExpressionWorker(launchWorker(launch, this.#options.heapMb), {
      onReady: () => this.#pump(performance.now()),
      onAnswer: (job, json) => this.#onAnswer(job, json),
      onGone: (gone, jobs, hasCrashed) => this.#onGone(gone, jobs, hasCrashed),
    });
    this.#workersAre([...this.#workers, worker]);
    return worker;
  }

  #workersAre(workers: ExpressionWorker[]): void {
    this.#workers = workers;
    const pids = pidsText(workers.map(({ child }) => child));
    for (const worker of workers) worker.tellSiblings(pids);
  }

  async #startsWith(launch: ExpressionLaunch): Promise<boolean> {
    const worker = this.#spawn(launch);
    const deadline = performance.now() + START_MS_MAX;
    while (!worker.isReady && this.#workers.includes(worker) && performance.now() < deadline) await delay(5);
    if (worker.isReady) return true;
    worker.kill();
    return false;
  }

  #refill(): void {
    while (this.#isOpen && this.#workers.length < this.#options.workers) this.#spawn(this.#launch!);
  }

  #isSlow({ program }: ExpressionJob, now: number): boolean {
    return this.#slow.has(program.ownerId, now);
  }

  #noteSlow(job: ExpressionJob, now: number): void {
    if (job.isSlow) return;
    job.isSlow = true;
    this.#slow.note(job.program.ownerId, now);
    this.#queue.demote(job.program.ownerId);
  }

  #place(job: ExpressionJob, now: number): boolean {
    const free = this.#workers.filter((worker) => worker.isReady && !worker.isHeld);
    if (this.#isSlow(job, now)) {
      // One stays for the others.
      const idle = free.find(({ jobs }) => jobs.length === 0);
      if (idle === undefined || free.length < 2) return false;
      idle.submit(job, now);
      idle.takeBehindHead();
      return true;
    }
    let best: ExpressionWorker | undefined;
    for (const worker of free) if (worker.jobs.length < (best?.jobs.length ?? SENT_MAX)) best = worker;
    best?.submit(job, now);
    return best !== undefined;
  }

  #pump(now: number): void {
    this.#queue.offer((job) => this.#place(job, now));
  }

  /** Puts jobs whose worker is lost to them first in line again. */
  #requeue(jobs: ExpressionJob[], now: number): void {
    for (const job of jobs.reverse()) this.#queue.addFirst(job, this.#isSlow(job, now));
  }

  #onAnswer(job: ExpressionJob, json: string): void {
    job.settle(outcomeOf(json));
    const now = performance.now();
    if (!job.isSlow) this.#slow.noteFast(job.program.ownerId, now);
    if (this.#queue.size > 0) this.#pump(now);
  }

  #onGone(worker: ExpressionWorker, jobs: ExpressionJob[], hasCrashed: boolean): void {
    const now = performance.now();
    this.#workersAre(this.#workers.filter((other) => other !== worker));
    if (worker.isKilled) return;
    const [head] = jobs;
    if (head !== undefined && (hasCrashed || !head.mayBeRetried())) {
      jobs.shift();
      this.#noteSlow(head, now);
      head.settle(hasCrashed ? memoryOutcome(head) : goneOutcome);
    }
    this.figures.restarts += 1;
    this.#options.onIncident?.('an expression worker went away');
    this.#requeue(jobs, now);
    // One that dies before it is of use is not started over and over.
    if (worker.wasReady) this.#refill();
    else if (this.#isOpen) setTimeout(() => this.#refill(), RESTART_MS).unref();
    this.#pump(now);
  }

  #kill(worker: ExpressionWorker, now: number, why: string, reason: ExpressionKillReason): void {
    this.figures.kills.add(reason);
    this.#options.onIncident?.(why);
    worker.kill();
    this.#workersAre(this.#workers.filter((other) => other !== worker));
    this.#requeue(worker.jobs.splice(0), now);
    this.#refill();
  }

  #tick(): void {
    if (this.#unsettled.count === 0 && this.#workers.every(({ isHeld }) => !isHeld)) {
      clearInterval(this.#watch);
      this.#watch = undefined;
      return;
    }
    // After the poll phase: a server that was busy reads what has ended before it judges what has not.
    setImmediate(() => this.#judge(performance.now()));
  }

  #judge(now: number): void {
    for (const worker of this.#workers.slice()) this.#judgeWorker(worker, now);
    for (const job of this.#queue.takeOut(({ deadlineAt }) => now > deadlineAt))
      job.settle({ kind: 'unavailable', message: 'The expressions waited too long for their turn' });
    this.#pump(now);
  }

  #judgeWorker(worker: ExpressionWorker, now: number): void {
    const { runningMs } = this.#options;
    const [head] = worker.jobs;
    if (head === undefined) {
      if (worker.isLost(now, runningMs))
        this.#kill(worker, now, 'a worker was lost in what had been moved', 'lost');
      return;
    }
    const headMs = worker.chargedMs(now);
    if (headMs > runningMs) {
      worker.jobs.shift();
      this.#noteSlow(head, now);
      head.settle(timeOutcome(head, runningMs));
      const why = `expressions were stopped: ${head.program.label} ran too long`;
      this.#kill(worker, now, why, 'running-time');
      return;
    }
    if (headMs > SLOW_AFTER_MS) this.#noteSlow(head, now);
    if (headMs > HELD_AFTER_MS && !worker.isHeld) this.#requeue(worker.takeBehindHead(), now);
  }
}
