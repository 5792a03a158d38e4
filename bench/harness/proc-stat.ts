import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';

/** What processes and all their descendants use at one moment. */
export interface TreeUsage {
  /** CPU since each began, children that have ended included. */
  cpuMs: number;
  rssBytes: number;
  processes: number;
}

interface Stat {
  parent: number;
  ticks: number;
  pages: number;
}

/** CPU and memory are read from /proc; elsewhere they are not shown. */
export const isMeasurable = existsSync('/proc/self/stat');

const ticksPerSecond = isMeasurable ? systemNumber('CLK_TCK') : 100;
const pageBytes = isMeasurable ? systemNumber('PAGESIZE') : 4096;

function systemNumber(name: string): number {
  return Number(execFileSync('getconf', [name], { encoding: 'utf8' }));
}

/** Field numbers as in proc(5); the command's name, field 2, may hold anything, so count from its last bracket. */
function readStat(pid: number): Stat | undefined {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'latin1');
  } catch {
    return undefined;
  }
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const field = (number: number): number => Number(fields[number - 3]);
  return { parent: field(4), ticks: field(14) + field(15) + field(16) + field(17), pages: field(24) };
}

function readAll(): Map<number, Stat> {
  const stats = new Map<number, Stat>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const stat = readStat(Number(name));
    if (stat !== undefined) stats.set(Number(name), stat);
  }
  return stats;
}

/** The processes and their descendants, each once, parents first. */
function treesIn(stats: Map<number, Stat>, roots: number[]): Set<number> {
  const trees = new Set(roots.filter((root) => stats.has(root)));
  for (const parent of trees) {
    for (const [pid, stat] of stats) if (stat.parent === parent) trees.add(pid);
  }
  return trees;
}

/** The ids of a process and its descendants. */
export function treePids(root: number): number[] {
  return isMeasurable ? [...treesIn(readAll(), [root])] : [root];
}

/** CPU of one process by itself; far less work than `treeUsage`, for looking often. */
export function processCpuMs(pid: number): number {
  return ((readStat(pid)?.ticks ?? 0) * 1000) / ticksPerSecond;
}

/** CPU and memory of processes and their descendants; shared pages count in each. */
export function treeUsage(roots: number[]): TreeUsage {
  const usage: TreeUsage = { cpuMs: 0, rssBytes: 0, processes: 0 };
  if (!isMeasurable) return usage;
  const stats = readAll();
  for (const pid of treesIn(stats, roots)) {
    const stat = stats.get(pid);
    if (stat === undefined) continue;
    usage.cpuMs += (stat.ticks * 1000) / ticksPerSecond;
    usage.rssBytes += stat.pages * pageBytes;
    usage.processes += 1;
  }
  return usage;
}
