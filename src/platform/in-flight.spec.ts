import { describe, expect, it } from 'vitest';
import { keptAfterCollections } from '../../test/support/kept-memory.ts';
import { InFlight } from './in-flight.ts';

describe('InFlight', () => {
  it('holds by name, in the order of their coming, what has not gone', () => {
    const inFlight = new InFlight<number>();
    for (const [index, name] of ['a', 'b', 'c', 'd'].entries()) inFlight.set(name, index);
    inFlight.delete('b');
    inFlight.delete('b');
    inFlight.delete('never');
    inFlight.set('e', 4);
    inFlight.set('c', 22);
    expect([...inFlight]).toEqual([
      ['a', 0],
      ['c', 22],
      ['d', 3],
      ['e', 4],
    ]);
    expect([...inFlight.keys()]).toEqual(['a', 'c', 'd', 'e']);
    expect([...inFlight.values()]).toEqual([0, 22, 3, 4]);
    expect([inFlight.get('b'), inFlight.get('c'), inFlight.has('b'), inFlight.size]).toEqual([
      undefined,
      22,
      false,
      4,
    ]);
    for (const [name] of inFlight) inFlight.delete(name);
    expect([...inFlight]).toEqual([]);
  });

  it.each([
    ['the names in order', (n: number) => n - 50],
    ['others before them', (n: number) => n - 50 + (n % 2 === 0 ? 1 : -1)],
  ])('keeps nothing of what has gone, after a full collection either: %s', (_what, leaving) => {
    const inFlight = new InFlight<number[]>();
    const kept = keptAfterCollections((n) => {
      inFlight.set(
        `call ${n}`,
        Array.from({ length: 1_000 }, () => n),
      );
      inFlight.delete(`call ${leaving(n)}`);
    });
    // Of 160 MB that went by.
    expect(kept).toBeLessThan(8_000_000);
    expect(inFlight.size).toBeLessThan(60);
  });
});
