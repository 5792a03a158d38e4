/** One accepted run (or check) on its way through the pool. */
import { QUICK_MICROS, SLOW_MICROS } from './script-pace.ts';
import type { ScriptLogLine, ScriptOutcome, ScriptRequest, ScriptVerdict } from './script-run.ts';

/** What is to be done: a run, or a look whether a text compiles. */
export type ScriptTask =
  | { kind: 'run'; request: ScriptRequest }
  | { kind: 'check'; source: string; onChecked: (message: string) => void };

/** The owner of all checks. */
export const CHECKS = '#check';
const CHECK_RUNNING_MS = 2000;
const CHECK_MEMORY_MB = 256;

/** Carries a task from `run()` to its one outcome; whoever settles it first is right. */
export class ScriptJob {
  readonly task: ScriptTask;
  readonly ownerId: string;
  readonly programKey: string;
  readonly runningMs: number;
  readonly memoryMb: number;
  /** How many runs may wait for this one. */
  readonly nesting: number;
  readonly deadlineAt: number;
  readonly logs: ScriptLogLine[] = [];
  logsTruncated = false;
  /** Calls handed to the bus. */
  calls = 0;
  /** Names the submission to the worker that has the job now. */
  ticket = 0;
  /** What it is likely to take; infinite where its program is not known yet. */
  expectedMicros = Infinity;
  /** Was at a worker that did not get on, among several of which nobody knew which it was at. */
  isSuspect = false;
  isSettled = false;
  wasRetried = false;
  readonly #onSettled: (outcome: ScriptOutcome) => void;

  constructor(task: ScriptTask, now: number, onSettled: (outcome: ScriptOutcome) => void) {
    this.task = task;
    this.#onSettled = onSettled;
    if (task.kind === 'check') {
      this.ownerId = CHECKS;
      this.nesting = 0;
      this.programKey = CHECKS;
      this.runningMs = CHECK_RUNNING_MS;
      this.memoryMb = CHECK_MEMORY_MB;
      this.deadlineAt = now + CHECK_RUNNING_MS * 10;
      return;
    }
    const { ownerId, programId, limits } = task.request;
    // Each depth waits by itself: behind runs that wait for it, a nested one would wait for its own end.
    this.ownerId = task.request.nesting ? `${ownerId}/${task.request.nesting}` : ownerId;
    this.programKey = `${limits.memoryMb} ${programId}`;
    this.nesting = task.request.nesting ?? 0;
    this.runningMs = limits.runningMs;
    this.memoryMb = limits.memoryMb;
    this.deadlineAt = now + limits.totalMs;
  }

  /** Results may wait for its end, and its own for that of others like it. */
  get isQuick(): boolean {
    return this.expectedMicros <= QUICK_MICROS && !this.isSuspect;
  }

  /** Has its worker to itself: slow, or not known yet. */
  get isExclusive(): boolean {
    return this.expectedMicros > SLOW_MICROS;
  }

  /** True once, where running again does nothing twice: a script's only effects are its calls. */
  mayBeRetried(): boolean {
    const isFirst = !this.wasRetried && this.calls === 0;
    this.wasRetried = true;
    this.logs.length = 0;
    return isFirst;
  }

  /** Ends the job; later endings are ignored. */
  settle(verdict: ScriptVerdict): void {
    if (this.isSettled) return;
    this.isSettled = true;
    const { logs, logsTruncated, calls } = this;
    this.#onSettled({ verdict, logs, logsTruncated, calls });
  }
}

/** From now on a worker says at once how each of them ended. */
export function suspect(jobs: readonly ScriptJob[]): void {
  for (const job of jobs) job.isSuspect = true;
}
