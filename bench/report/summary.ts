import type { Sample } from '../harness/measure.ts';
import type { Findings } from '../harness/rounds.ts';
import type { Row } from '../servers/server.ts';
import { isLessBetter, targets } from './targets.ts';
import type { Target } from './targets.ts';

/** The middle of the rounds and their extremes. */
export interface Spread {
  median: number;
  min: number;
  max: number;
}

/** A row at one connection count, over all rounds. */
export interface LoadSummary {
  row: string;
  connections: number;
  calls: number;
  callsPerSecond: Spread;
  ofFastify: Spread | undefined;
  ofNodeRed: Spread | undefined;
  /** Of the row that does the same work plainly. */
  ofPlain: Spread | undefined;
  p50Ms: Spread;
  p99Ms: Spread;
  cpuMicrosPerCall: Spread | undefined;
  toolCores: Spread | undefined;
  othersCores: Spread | undefined;
  wrong: number;
  errors: number;
  /** From the load's end until all that was accepted had ended. */
  drainSeconds: Spread | undefined;
  /** Accepted calls by the time from the load's begin until all had ended. */
  endedPerSecond: Spread | undefined;
}

/** A row's start and memory, over all rounds. */
interface LifeSummary {
  row: string;
  readyMs: Spread;
  rssReadyMiB: Spread;
  rssPeakMiB: Spread;
  processes: number;
  notes: string[];
}

/** What became of a target. */
export interface Verdict {
  target: Target;
  value: Spread;
  isFloorMet: boolean | undefined;
  isGoalMet: boolean;
}

/** The whole result. */
export interface Summary {
  loads: LoadSummary[];
  lives: LifeSummary[];
  verdicts: Verdict[];
  notRun: { row: string; reason: string }[];
  failures: string[];
}

/** Medians, ratios within each round, and targets; a target whose rows did not run is left out. */
export function summarize(findings: Findings, rows: Row[], connections: number[]): Summary {
  const { samples, notRun } = findings;
  const ran = rows.filter(({ name }) => samples.some((sample) => sample.row === name));
  const loads = connections.flatMap((count) =>
    ran
      .filter(({ name }) => pick(samples, name, count).length > 0)
      .map((row) => summarizeLoad(samples, row, count)),
  );
  return {
    loads,
    lives: ran.map(({ name }) => summarizeLife(findings, name)),
    verdicts: targets.flatMap((target) => judge(target, findings)),
    notRun: [...notRun].map(([row, reason]) => ({ row, reason })),
    failures: findings.failures,
  };
}

function summarizeLoad(samples: Sample[], { name: row, plain }: Row, connections: number): LoadSummary {
  const own = pick(samples, row, connections);
  const ofPeer = (peer: string): Spread | undefined =>
    spread(ratios(own, pick(samples, peer, connections), 'callsPerSecond'));
  return {
    row,
    connections,
    calls: total(own, 'calls'),
    callsPerSecond: known(own.map((sample) => sample.callsPerSecond)),
    ofFastify: ofPeer('fastify'),
    ofNodeRed: ofPeer('node-red'),
    ofPlain: plain === undefined ? undefined : ofPeer(plain),
    p50Ms: known(own.map((sample) => sample.p50Ms)),
    p99Ms: known(own.map((sample) => sample.p99Ms)),
    cpuMicrosPerCall: spread(own.flatMap((sample) => sample.cpuMicrosPerCall ?? [])),
    toolCores: spread(own.flatMap((sample) => sample.toolCores ?? [])),
    othersCores: spread(own.flatMap((sample) => sample.othersCores ?? [])),
    wrong: total(own, 'wrong'),
    errors: total(own, 'errors'),
    drainSeconds: spread(own.flatMap((sample) => sample.drainSeconds ?? [])),
    endedPerSecond: spread(own.flatMap(endedPerSecond)),
  };
}

function summarizeLife({ lives }: Findings, row: string): LifeSummary {
  const own = lives.filter((life) => life.row === row);
  return {
    row,
    readyMs: known(own.map((life) => life.readyMs)),
    rssReadyMiB: known(own.map((life) => life.rssReadyBytes / 2 ** 20)),
    rssPeakMiB: known(own.map((life) => life.rssPeakBytes / 2 ** 20)),
    processes: Math.max(...own.map((life) => life.processes)),
    notes: own.flatMap((life) => life.note ?? []),
  };
}

function judge(target: Target, findings: Findings): Verdict[] {
  const value = spread(valuesOf(target, findings));
  if (value === undefined) return [];
  const isMet = (limit: number): boolean =>
    isLessBetter(target) ? value.median <= limit : value.median >= limit;
  const isFloorMet = target.floor === undefined ? undefined : isMet(target.floor);
  return [{ target, value, isFloorMet, isGoalMet: isMet(target.goal) }];
}

function valuesOf(target: Target, { samples, lives }: Findings): number[] {
  const { row, against, connections, measure } = target;
  if (measure === 'readyMs' || measure === 'rssPeakMiB') {
    const own = lives.filter((life) => life.row === row);
    if (measure === 'readyMs') return own.map((life) => life.readyMs);
    return own.map((life) => life.rssPeakBytes / 2 ** 20).filter((size) => size > 0);
  }
  if (against === undefined || connections === undefined) return [];
  return ratios(pick(samples, row, connections), pick(samples, against, connections), measure);
}

function pick(samples: Sample[], row: string, connections: number): Sample[] {
  return samples.filter((sample) => sample.row === row && sample.connections === connections);
}

/** Within each round, since the machine's speed drifts between rounds. */
function ratios(own: Sample[], others: Sample[], measure: 'callsPerSecond' | 'p99Ms'): number[] {
  return own.flatMap((sample) => {
    const other = others.find(({ round }) => round === sample.round);
    // autocannon rounds short latencies to 0.
    return other === undefined || other[measure] === 0 ? [] : [sample[measure] / other[measure]];
  });
}

function endedPerSecond({ calls, callsPerSecond, drainSeconds }: Sample): number[] {
  return drainSeconds === undefined ? [] : [calls / (calls / callsPerSecond + drainSeconds)];
}

function total(samples: Sample[], field: 'calls' | 'wrong' | 'errors'): number {
  return samples.reduce((sum, sample) => sum + sample[field], 0);
}

function known(values: number[]): Spread {
  return spread(values) ?? { median: 0, min: 0, max: 0 };
}

function spread(values: number[]): Spread | undefined {
  const sorted = values.toSorted((a, b) => a - b);
  const [min, max] = [sorted.at(0), sorted.at(-1)];
  if (min === undefined || max === undefined) return undefined;
  const middle = (sorted.length - 1) / 2;
  const [low, high] = [sorted[Math.floor(middle)] ?? min, sorted[Math.ceil(middle)] ?? max];
  return { median: (low + high) / 2, min, max };
}
