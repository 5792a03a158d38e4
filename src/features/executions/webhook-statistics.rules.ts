/** Durations are counted up to these bounds, in milliseconds: three to a power of ten keep a percentile within its third. */
const durationBounds = [
  1, 2, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000, 60_000, 300_000, 900_000,
];
/** Stands for whatever took longer than the last bound. */
const LONGER_MS = 86_400_000;
/** Of what a crash cut off nobody knows how long it took: it counts, and not for the percentiles. */
const UNKNOWN_MS = 0;

/** The bound up to which a duration is counted. */
export function durationMaxMs(durationMs: number | null): number {
  if (durationMs === null) return UNKNOWN_MS;
  return durationBounds.find((bound) => durationMs <= bound) ?? LONGER_MS;
}

/** How many took at most so many milliseconds, and longer than the bound before. */
export type DurationCounts = ReadonlyMap<number, number>;

/** Estimates of durations in milliseconds; null where nothing was measured. */
export interface Percentiles {
  p50: number | null;
  p95: number | null;
  p99: number | null;
}

/** Percentiles as if durations were spread evenly between two bounds; beyond the last bound it is the last bound. */
export function percentilesOf(counts: DurationCounts): Percentiles {
  return { p50: percentile(counts, 0.5), p95: percentile(counts, 0.95), p99: percentile(counts, 0.99) };
}

function percentile(counts: DurationCounts, part: number): number | null {
  let total = 0;
  for (const [bound, count] of counts) if (bound !== UNKNOWN_MS) total += count;
  if (total === 0) return null;
  let left = total * part;
  let lower = 0;
  for (const bound of durationBounds) {
    const count = counts.get(bound) ?? 0;
    if (count >= left) return Math.round((lower + ((bound - lower) * left) / count) * 100) / 100;
    left -= count;
    lower = bound;
  }
  return lower;
}

const unitMinutes = { minute: 1, hour: 60, day: 1_440 } as const;

/** What one item of the statistics is about: a minute, an hour or a day, in UTC. */
export type StatisticsUnit = keyof typeof unitMinutes;
export const statisticsUnits = Object.keys(unitMinutes) as [StatisticsUnit, ...StatisticsUnit[]];

export function minutesOf(unit: StatisticsUnit): number {
  return unitMinutes[unit];
}

/** The minute in which something was, since 1970. */
export function minuteOf(epochMs: number): number {
  return Math.floor(epochMs / 60_000);
}
