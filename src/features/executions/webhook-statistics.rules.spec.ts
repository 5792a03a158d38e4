import { describe, expect, it } from 'vitest';
import { durationMaxMs, minuteOf, percentilesOf } from './webhook-statistics.rules.ts';

function countsOf(durations: readonly (number | null)[]): Map<number, number> {
  const counts = new Map<number, number>();
  for (const duration of durations) {
    const bound = durationMaxMs(duration);
    counts.set(bound, (counts.get(bound) ?? 0) + 1);
  }
  return counts;
}

describe('A duration', () => {
  it.each([
    [0, 1],
    [1, 1],
    [1.001, 2],
    [2, 2],
    [2.5, 5],
    [99, 100],
    [60_000, 60_000],
    [60_000.1, 300_000],
    [900_000, 900_000],
  ])('of %d ms is counted up to %d', (duration, bound) => {
    expect(durationMaxMs(duration)).toBe(bound);
  });

  it('that nobody knows is told from every known one, and so is one beyond the last bound', () => {
    const known = [0, 1, 5, 1_000, 900_000].map(durationMaxMs);
    expect(known).not.toContain(durationMaxMs(null));
    expect(known).not.toContain(durationMaxMs(900_001));
    expect(durationMaxMs(900_001)).toBe(durationMaxMs(86_400_000));
  });
});

describe('Percentiles', () => {
  it('are null where nothing was measured', () => {
    const none = { p50: null, p95: null, p99: null };
    expect(percentilesOf(new Map())).toEqual(none);
    expect(percentilesOf(countsOf([null, null]))).toEqual(none);
  });

  it('leave out what nobody measured', () => {
    expect(percentilesOf(countsOf([...Array<null>(1_000).fill(null), 40]))).toEqual(
      percentilesOf(countsOf([40])),
    );
  });

  it('lie between the two bounds between which the exact ones lie', () => {
    const durations = Array.from({ length: 1_000 }, (_, n) => 1.5 ** (n / 60));
    const found = percentilesOf(countsOf(durations));
    for (const [estimate, exact] of [
      [found.p50!, durations[499]!],
      [found.p95!, durations[949]!],
      [found.p99!, durations[989]!],
    ] as const) {
      expect(durationMaxMs(estimate)).toBe(durationMaxMs(exact));
    }
  });

  it('are exact for durations that are spread evenly', () => {
    const durations = Array.from({ length: 100 }, (_, n) => 500 + (n + 1) * 5);
    expect(percentilesOf(countsOf(durations))).toEqual({ p50: 750, p95: 975, p99: 995 });
  });

  it('grow with the share, and stop at the last bound', () => {
    const { p50, p95, p99 } = percentilesOf(
      countsOf([...Array<number>(90).fill(3), ...Array<number>(10).fill(5e6)]),
    );
    expect(p50).toBeLessThan(5);
    expect([p95, p99]).toEqual([900_000, 900_000]);
  });
});

describe('A minute', () => {
  it('begins with its first millisecond and ends before the next one', () => {
    expect([59_999, 60_000, 119_999, 120_000].map(minuteOf)).toEqual([0, 1, 1, 2]);
  });
});
