import { beforeEach, describe, expect, it } from 'vitest';
import { SlowOwners } from './slow-owners.ts';

let owners: SlowOwners;

beforeEach(() => {
  owners = new SlowOwners();
});

function noteFast(times: number, now: number): void {
  for (let time = 0; time < times; time++) owners.noteFast('busy', now);
}

describe('an owner whose evaluation took long', () => {
  it('is slow for half a minute', () => {
    owners.note('busy', 1_000);
    expect(owners.has('busy', 30_999)).toBe(true);
    expect(owners.has('busy', 31_000)).toBe(false);
    expect(owners.has('other', 1_000)).toBe(false);
  });

  it('is excused by five fast answers the first time', () => {
    owners.note('busy', 1_000);
    noteFast(4, 1_020);
    expect(owners.has('busy', 1_020)).toBe(true);
    noteFast(1, 1_020);
    expect(owners.has('busy', 1_020)).toBe(false);
  });

  it('is not excused when it is so again within ten minutes', () => {
    owners.note('busy', 1_000);
    noteFast(5, 1_000);
    owners.note('busy', 600_000);
    noteFast(50, 600_000);
    expect(owners.has('busy', 629_999)).toBe(true);
    owners.note('busy', 1_300_000);
    noteFast(5, 1_300_000);
    expect(owners.has('busy', 1_300_000)).toBe(false);
  });

  it('is not excused when it is so again before the fifth fast answer', () => {
    owners.note('busy', 1_000);
    noteFast(3, 1_100);
    owners.note('busy', 1_200);
    noteFast(5, 1_300);
    expect(owners.has('busy', 1_300)).toBe(true);
  });
});
