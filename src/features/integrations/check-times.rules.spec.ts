import { describe, expect, it } from 'vitest';
import { nextCheckAt } from './check-times.rules.ts';

const HOUR_MS = 3_600_000;

/** Milliseconds after its receipt at which a notification is asked about that is never confirmed. */
function checks(): number[] {
  const times: number[] = [];
  for (let now: number | null = 0; now !== null; now = nextCheckAt(0, now)) times.push(now);
  return times;
}

describe('A notification that nobody confirms', () => {
  it('is asked about soon at first, and then ever later, at least every hour', () => {
    const times = checks();
    expect(times.slice(0, 4)).toEqual([0, 5_000, 10_000, 20_000]);
    const pauses = times.slice(1).map((time, at) => time - times[at]!);
    expect(Math.max(...pauses)).toBe(HOUR_MS);
    expect(pauses).toEqual(pauses.toSorted((a, b) => a - b));
  });

  it('is given up after three days', () => {
    expect(checks().at(-1)).toBeGreaterThanOrEqual(72 * HOUR_MS);
    expect(checks().length).toBeLessThan(100);
    expect(nextCheckAt(0, 72 * HOUR_MS)).toBeNull();
  });

  it('is asked about again where the clock has gone back', () => {
    expect(nextCheckAt(10_000, 0)).toBe(5_000);
  });
});
