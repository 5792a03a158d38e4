/** Judges from outside what a worker's head may still do. */
import type { ScriptJob } from './script-job.ts';
import type { ScriptVerdict } from './script-run.ts';
import type { ScriptWorker, WorkerEnd } from './script-worker.ts';

/** From this age on a head is measured: a run that allocates as fast as it can takes 2 MiB a millisecond. */
const MEASURED_AFTER_MS = 8;
/** About what a run can allocate: more than this a head is not taken to have grown by since it began. */
const GROWTH_KIB_PER_MS_MAX = 4 * 1024;
/** However busy the machine, no run takes longer than this many times its limit. */
const STARVED_FACTOR = 3;
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

/** On a busy machine a run is not to be stopped for the time that others had the processor: up to twice its own. */
function isOutOfTime(worker: ScriptWorker, head: ScriptJob, runningMs: number): boolean {
  if (runningMs > head.runningMs * STARVED_FACTOR) return true;
  if (worker.starvedBaseline === undefined) {
    // Never looked at before: it was the server that was kept from looking.
    worker.starvedBaseline = worker.stat.starvedMs();
    return false;
  }
  return runningMs - (worker.stat.starvedMs() - worker.starvedBaseline) > head.runningMs;
}

/** The limit that the head has gone over by now, if any. */
export function judgeHead(worker: ScriptWorker, now: number): LimitVerdict | undefined {
  const { head } = worker;
  if (head === undefined) return undefined;
  const runningMs = worker.runningMs(now);
  if (runningMs > head.runningMs && isOutOfTime(worker, head, runningMs)) {
    const message = `The script ran longer than ${head.runningMs} ms`;
    return { kind: 'limit', limit: 'running-time', message };
  }
  // One that was given up already only has to come to its end.
  if (now > head.deadlineAt && !head.isSettled) return totalTimeVerdict();
  if (runningMs < MEASURED_AFTER_MS || worker.waitingSince !== 0) return undefined;
  worker.starvedBaseline ??= worker.stat.starvedMs();
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

/** What the head of a worker that died unasked is told. */
export function judgeDeath(end: WorkerEnd, memoryMb: number): ScriptVerdict {
  const isCrash = CRASH_SIGNALS.has(end.signal ?? '') || CRASH_CODES.has(end.code ?? 0);
  // V8 ends a process that it cannot find memory for, in whichever way it happens to notice.
  if (isCrash) return memoryVerdict(memoryMb);
  return { kind: 'unavailable', message: 'The worker that ran the script went away' };
}
