/** Judges from outside what a worker's head may still do. */
import { RESULTS_HELD_MAX } from './frames.ts';
import type { ScriptJob } from './script-job.ts';
import type { ScriptVerdict } from './script-run.ts';
import type { ScriptWorker, WorkerEnd } from './script-worker.ts';

/** From this age on a head is measured: a run that allocates as fast as it can takes 2 MiB a millisecond. */
const MEASURED_AFTER_MS = 8;
/** About what a run can allocate: more than this a head is not taken to have grown by since it began. */
const GROWTH_KIB_PER_MS_MAX = 4 * 1024;
const FENCED_MS_MAX = 500;
const KIB_PER_MIB = 1024;
const CRASH_SIGNALS = new Set(['SIGABRT', 'SIGTRAP', 'SIGILL', 'SIGSEGV', 'SIGBUS', 'SIGFPE']);
const CRASH_CODES = new Set([132, 133, 134, 135, 136, 139]);

type LimitVerdict = Extract<ScriptVerdict, { kind: 'limit' }>;

/** The verdict on a run that used up its memory. */
export function memoryVerdict(memoryMb: number): LimitVerdict {
  return { kind: 'limit', limit: 'memory', message: `The script used more than ${memoryMb} MiB of memory` };
}

/** The verdict on a run that took too long, waiting included. */
export function totalTimeVerdict(): LimitVerdict {
  return {
    kind: 'limit',
    limit: 'total-time',
    message: 'The script did not end within the time it has in all',
  };
}

/** The limit that the head has gone over by now, if any. */
export function judgeHead(worker: ScriptWorker, now: number): LimitVerdict | undefined {
  const { head } = worker;
  if (head === undefined) return undefined;
  const runningMs = worker.runningMs(now);
  if (worker.meter.chargedMs(runningMs) > head.runningMs) {
    const message = `The script ran longer than ${head.runningMs} ms`;
    return { kind: 'limit', limit: 'running-time', message };
  }
  // One that was given up already only has to come to its end.
  if (now > head.deadlineAt && !head.isSettled) return totalTimeVerdict();
  if (runningMs < MEASURED_AFTER_MS || worker.waitingSince !== 0) return undefined;
  const residentKib = worker.stat.residentKib();
  if (!worker.isBaselineOfHead) {
    // Runs that shared the worker before it have made isolates since the last measure: those are not its doing.
    const before = residentKib - runningMs * GROWTH_KIB_PER_MS_MAX;
    worker.residentBaseline = Math.max(worker.residentBaseline, before);
    worker.isBaselineOfHead = true;
  }
  const grownKib = residentKib - worker.residentBaseline;
  return grownKib > head.memoryMb * KIB_PER_MIB ? memoryVerdict(head.memoryMb) : undefined;
}

/**
 * Of a worker's jobs those, the first ones, of which it may be at any: of quick runs the results may be on their way only when
 * some have ended. Who has made a call is the one: before a call all results leave.
 */
export function suspectsAmong(jobs: readonly ScriptJob[]): readonly ScriptJob[] {
  if (jobs.length > 0 && jobs[0]!.calls > 0) return jobs.slice(0, 1);
  const known = jobs.findIndex(({ isQuick }) => !isQuick);
  const quick = known === -1 ? jobs.length : known;
  return jobs.slice(0, Math.max(1, Math.min(quick, RESULTS_HELD_MAX)));
}

/** True of a worker that does not get past what was taken from it: it is in a run that nobody waits for. */
export function isLost(worker: ScriptWorker, now: number): boolean {
  if (!worker.isFenced || worker.head !== undefined) return false;
  if (worker.meter.chargedMs(now - worker.idleSince) > FENCED_MS_MAX) return true;
  return worker.stat.residentKib() - worker.residentBaseline > worker.movedMemoryMb * KIB_PER_MIB;
}

/** What the head of a worker that died unasked is told. */
export function judgeDeath(end: WorkerEnd, memoryMb: number): ScriptVerdict {
  const isCrash = CRASH_SIGNALS.has(end.signal ?? '') || CRASH_CODES.has(end.code ?? 0);
  // V8 ends a process that it cannot find memory for, in whichever way it happens to notice.
  if (isCrash) return memoryVerdict(memoryMb);
  return { kind: 'unavailable', message: 'The worker that ran the script went away' };
}
