import { describe, expect, it } from 'vitest';
import { keptAfterCollections } from '../../test/support/kept-memory.ts';
import { until } from '../../test/support/until.ts';
import { Deadlines, type Watch } from './deadlines.ts';

describe('Deadlines', () => {
  it('pass once, in the order in which they are due, and not when they were cancelled', async () => {
    const deadlines = new Deadlines();
    const passed: string[] = [];
    // Far apart: where the process stands still between the two, the second may be due after those that were set before.
    const watches = ['a', 'b', 'c', 'd'].map((name) => deadlines.watch(500, () => passed.push(name)));
    deadlines.watch(5, () => passed.push('first'));
    watches[0]!.cancel();
    watches[2]!.cancel();
    watches[2]!.cancel();
    await until(() => Promise.resolve(passed.length === 3 || null));
    watches[1]!.cancel();
    deadlines.watch(5, () => passed.push('last'));
    await until(() => Promise.resolve(passed.includes('last') || null));
    expect(passed).toEqual(['first', 'b', 'd', 'last']);
  });

  it('may cancel each other and be set again while they pass', async () => {
    const deadlines = new Deadlines();
    const passed: string[] = [];
    deadlines.watch(10, () => {
      passed.push('a');
      other.cancel();
      deadlines.watch(10, () => passed.push('again'));
    });
    const other: Watch = deadlines.watch(10, () => passed.push('b'));
    await until(() => Promise.resolve(passed.includes('again') || null));
    expect(passed).toEqual(['a', 'again']);
  });

  it('pass all at once when they have to; those that are set meanwhile wait', () => {
    const deadlines = new Deadlines();
    let passed = 0;
    let again = 0;
    for (const ms of [1_000, 1_000, 2_000])
      deadlines.watch(ms, () => {
        passed++;
        deadlines.watch(1_000, () => again++);
      });
    deadlines.watch(3_000, () => passed++).cancel();
    deadlines.passAll();
    expect({ passed, again }).toEqual({ passed: 3, again: 0 });
    deadlines.passAll();
    expect(again).toBe(3);
  });

  it('keep nothing of what was done in time, after a full collection either', () => {
    const deadlines = new Deadlines();
    const inFlight: Watch[] = [];
    const kept = keptAfterCollections((n) => {
      const held = Array.from({ length: 1_000 }, () => n);
      inFlight.push(deadlines.watch(60_000, () => held.length));
      if (inFlight.length > 50) inFlight.shift()!.cancel();
    });
    // Of 160 MB that went by.
    expect(kept).toBeLessThan(8_000_000);
    for (const watch of inFlight) watch.cancel();
  });
});
