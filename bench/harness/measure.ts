import { setTimeout as sleep } from 'node:timers/promises';
import { isMeasurable, processCpuMs, treeUsage } from './proc-stat.ts';
import type { LoadPlan, LoadResult, LoadTool } from '../load/load.ts';
import { inTurn } from '../servers/server.ts';
import type { RunningServer, Target } from '../servers/server.ts';

/** One measurement: one row, one connection count, one round. */
export interface Sample {
  round: number;
  row: string;
  connections: number;
  calls: number;
  callsPerSecond: number;
  p50Ms: number;
  p99Ms: number;
  /** Of the server's whole process tree, and of its database server's; undefined where it can't be read. */
  cpuMicrosPerCall: number | undefined;
  /** How much of one core the load tool took: near 1 the tool was the limit. */
  toolCores: number | undefined;
  /** How much of one core the idle servers took meanwhile. */
  othersCores: number | undefined;
  wrong: number;
  errors: number;
  /** From the load's end until all that was accepted had ended; undefined where answers come after the work. */
  drainSeconds: number | undefined;
}

/** A server that is up, with what was seen of it so far. */
export interface Subject {
  row: string;
  /** The connection counts it is measured at. */
  connections: number[];
  server: RunningServer;
  rssReadyBytes: number;
  rssPeakBytes: number;
  processesMax: number;
  answered: number;
  /** Wrong answers and missing ones, warm-up included. */
  wrong: number;
  firstWrong?: string;
  errors: number;
  /** Calls that may have been made without an answer the tool counted. */
  uncounted: number;
}

/** A server that has just started. */
export function newSubject(row: string, server: RunningServer, connections: number[]): Subject {
  const rssReadyBytes = treeUsage(server.pids).rssBytes;
  const counts = { rssPeakBytes: 0, processesMax: 0, answered: 0, wrong: 0, errors: 0, uncounted: 0 };
  return { row, connections, server, rssReadyBytes, ...counts };
}

const rssEveryMs = 250;
const idleWaitsMax = 20;

/** Sends the target's probes one by one and compares each answer. */
export async function probe(subject: Subject): Promise<void> {
  const { target } = subject.server;
  const { status, probes } = target;
  for (const [turn, { body, expect }] of probes.entries()) {
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(inTurn(target.urls, turn), { method: 'POST', headers, body });
    const text = await response.text();
    if (response.status !== status || !text.includes(expect)) {
      throw new Error(`Wrong answer: ${response.status} ${text.slice(0, 500)}, expected ${expect}`);
    }
    subject.answered += 1;
  }
}

/** Runs the load tool once against a subject and counts what it did. */
export async function load(subject: Subject, tool: LoadTool, plan: LoadPlan): Promise<LoadRun> {
  const target: Target = subject.server.target;
  const watch = setInterval(() => observeMemory(subject), rssEveryMs);
  let toolPid = 0;
  let toolMs = 0;
  // The last reading misses at most one interval; the tool's CPU is only shown to tell whether it was the limit.
  const toolWatch = setInterval(() => (toolMs = Math.max(toolMs, processCpuMs(toolPid))), rssEveryMs / 5);
  const before = cpuMsOf(subject);
  try {
    const result = await tool.run(target, plan, (pid) => (toolPid = pid));
    observeMemory(subject);
    const cpuMs = cpuMsOf(subject) - before;
    subject.answered += result.calls - result.wrong;
    subject.wrong += result.wrong;
    if (result.firstWrong !== undefined) subject.firstWrong ??= result.firstWrong;
    subject.errors += result.errors;
    subject.uncounted += plan.connections + result.wrong + result.errors;
    return { result, cpuMs, toolMs };
  } finally {
    clearInterval(watch);
    clearInterval(toolWatch);
  }
}

interface LoadRun {
  result: LoadResult;
  cpuMs: number;
  toolMs: number;
}

/** What its calls have taken so far, on a database server too. */
function cpuMsOf({ server }: Subject): number {
  return treeUsage([...server.pids, ...server.databasePids]).cpuMs;
}

/** What the others have taken so far, but for the database server that the subject works with. */
function othersCpuMs({ server: { databasePids } }: Subject, others: Subject[]): number {
  const pids = others.flatMap(({ server }) => [...server.pids, ...server.databasePids]);
  return treeUsage(pids.filter((pid) => !databasePids.includes(pid))).cpuMs;
}

function observeMemory(subject: Subject): void {
  const { rssBytes, processes } = treeUsage(subject.server.pids);
  subject.rssPeakBytes = Math.max(subject.rssPeakBytes, rssBytes);
  subject.processesMax = Math.max(subject.processesMax, processes);
}

/** Measures one subject while the others idle. */
export async function measure(
  subject: Subject,
  others: Subject[],
  tool: LoadTool,
  plan: LoadPlan & { round: number },
): Promise<Sample> {
  const before = othersCpuMs(subject, others);
  const { result, cpuMs, toolMs } = await load(subject, tool, plan);
  const othersCores = ifMeasured((othersCpuMs(subject, others) - before) / 1000 / result.seconds);
  return {
    round: plan.round,
    row: subject.row,
    connections: plan.connections,
    calls: result.calls,
    callsPerSecond: result.calls / result.seconds,
    p50Ms: result.p50Ms,
    p99Ms: result.p99Ms,
    cpuMicrosPerCall: ifMeasured((cpuMs * 1000) / Math.max(1, result.calls)),
    toolCores: ifMeasured(toolMs / 1000 / result.seconds),
    othersCores,
    wrong: result.wrong,
    errors: result.errors,
    drainSeconds: await drain(subject),
  };
}

/** Waits until all that a server accepted has ended, and says how long that took. */
export async function drain({ server }: Subject): Promise<number | undefined> {
  if (!server.settle) return undefined;
  const begin = performance.now();
  await server.settle();
  return (performance.now() - begin) / 1000;
}

function ifMeasured(value: number): number | undefined {
  return isMeasurable ? value : undefined;
}

/** Waits until a server has ended what it accepted and the calls that the tool cut off, so that they do not burden the next one. */
export async function untilIdle(subject: Subject): Promise<void> {
  await drain(subject);
  let last = -1;
  for (let wait = 0; wait < idleWaitsMax; wait += 1) {
    const cpuMs = cpuMsOf(subject);
    if (cpuMs - last <= 10 && last >= 0) return;
    last = cpuMs;
    await sleep(150);
  }
}
