import { beforeAll, describe, expect, it } from 'vitest';
import { isPostgres } from '../support/database.ts';
import { badRefusals, type LockRound, lockRound } from './lock-round.ts';

/** Longer than calls wait for the lock, 2 s or on PostgreSQL 5, so that they are refused in its course and not at its end. */
const LOCK_MS = isPostgres ? 13_000 : 6_000;

describe('while another process holds the database', () => {
  let round: LockRound;

  beforeAll(async () => {
    round = await lockRound({ lockMs: LOCK_MS, callers: 12 });
  }, 120_000);

  it('no call is acknowledged', () => {
    expect(round.acknowledgedDuring).toBe(0);
  });

  it('every call is refused with 503, a sentence and a time to come again', () => {
    expect(round.refusals.length).toBeGreaterThan(12);
    expect(badRefusals(round.refusals)).toEqual([]);
    expect(round.unanswered).toBe(0);
  });

  it('health answers within its time', () => {
    const slowest = { live: 0, ready: 0 };
    for (const { live, liveMs, readyMs } of round.probes) {
      expect(live).toBe(200);
      slowest.live = Math.max(slowest.live, liveMs);
      slowest.ready = Math.max(slowest.ready, readyMs);
    }
    // Long before the lock is gone, and with room for a machine that stands still for a moment.
    expect(slowest.live).toBeLessThan(2_500);
    expect(slowest.ready).toBeLessThan(4_000);
  });

  it('readiness says that the write door is down once a commit has waited in vain', () => {
    const last = round.probes.at(-1);
    expect(last).toMatchObject({ ready: 503, checks: { writeDoor: 'down', database: 'up' } });
  });

  it('nothing that was acknowledged before or after is lost', () => {
    expect(round.faults).toEqual([]);
    expect(round.acknowledgedBefore).toBeGreaterThanOrEqual(50);
  });

  it('no execution is left open for good: what could not be recorded then is recorded later', () => {
    expect(round.open).toEqual([]);
  });

  it('and when the lock is gone the server works again by itself', () => {
    expect(round.readyAgainMs).toBeGreaterThanOrEqual(0);
    expect(round.acknowledgedAfter).toBeGreaterThanOrEqual(50);
    expect(round.workingAgainMs).toBeLessThan(10_000);
  });
});
