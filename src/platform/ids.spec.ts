import { afterEach, describe, expect, it, vi } from 'vitest';

/** A module of its own for each test: the clock of the ids only ever goes forward. */
async function freshIds() {
  vi.resetModules();
  return await import('./ids.ts');
}

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const MANY = 100_000;

/** The milliseconds that a UUIDv7 begins with. */
function timeOf(id: string): number {
  return Number.parseInt(id.slice(0, 13).replace('-', ''), 16);
}

afterEach(() => {
  vi.useRealTimers();
});

describe('uuidV7', () => {
  it('has the form, version and variant of RFC 9562', async () => {
    const { uuidV7 } = await freshIds();
    for (let n = 0; n < 10_000; n++) expect(uuidV7()).toMatch(uuid);
  });

  it('begins with the milliseconds of its making', async () => {
    const { uuidV7 } = await freshIds();
    expect(timeOf(uuidV7(0x0193_1234_5678))).toBe(0x0193_1234_5678);
    expect(uuidV7(0x0193_1234_5679)).toMatch(/^01931234-5679-7/);
  });

  it('pads a time that is short', async () => {
    const { uuidV7 } = await freshIds();
    expect(uuidV7(1)).toMatch(/^00000000-0001-7/);
  });

  it('is never the same twice and always greater than the one before, as text too', async () => {
    const { uuidV7 } = await freshIds();
    const ids = Array.from({ length: MANY }, () => uuidV7());
    expect(new Set(ids).size).toBe(MANY);
    for (let n = 1; n < MANY; n++) if (ids[n]! <= ids[n - 1]!) expect(ids[n]).toBe(`more than ${ids[n - 1]}`);
  });

  it('stays in order inside one millisecond, and borrows from the next when that is full', async () => {
    const { uuidV7 } = await freshIds();
    const ids = Array.from({ length: 10_000 }, () => uuidV7(1_000_000));
    expect(ids).toStrictEqual([...ids].sort());
    expect(new Set(ids).size).toBe(ids.length);
    expect(timeOf(ids[4095]!)).toBe(1_000_000);
    expect(timeOf(ids[4096]!)).toBe(1_000_001);
  });

  it('stays in order when the clock goes back', async () => {
    const { uuidV7 } = await freshIds();
    const later = uuidV7(2_000_000);
    const earlier = uuidV7(1_000_000);
    expect(earlier > later).toBe(true);
    expect(timeOf(earlier)).toBe(2_000_000);
  });

  it('has other random bits each time, also where time and sequence are the same', async () => {
    const tails = new Set<string>();
    for (let n = 0; n < 50; n++) {
      const { uuidV7 } = await freshIds();
      for (let k = 0; k < 300; k++) tails.add(uuidV7(5).slice(20));
    }
    expect(tails.size).toBe(50 * 300);
  });

  it('leaves no bit of its tail constant', async () => {
    const { uuidV7 } = await freshIds();
    let ones = 0n;
    let zeros = 0n;
    for (let n = 0; n < 2_000; n++) {
      const tail = BigInt(`0x${uuidV7().slice(19).replace('-', '')}`);
      ones |= tail;
      zeros |= ~tail;
    }
    const free = (1n << 62n) - 1n;
    expect(ones & free).toBe(free);
    expect(zeros & free).toBe(free);
  });
});

describe('newId', () => {
  it('is a prefix and a UUIDv7 of now', async () => {
    vi.useFakeTimers({ now: 1_800_000_000_000, toFake: ['Date'] });
    const { newId } = await freshIds();
    const id = newId('exe');
    expect(id).toMatch(/^exe_/);
    expect(id.slice(4)).toMatch(uuid);
    expect(timeOf(id.slice(4))).toBe(1_800_000_000_000);
  });
});

describe('firstIdAt', () => {
  it('is after every id of the millisecond before and before every id of its own', async () => {
    vi.useFakeTimers({ now: 1_800_000_000_000, toFake: ['Date'] });
    const { firstIdAt, newId } = await freshIds();
    const first = firstIdAt('evt', 1_800_000_000_000);
    expect(newId('evt', 1_799_999_999_999) < first).toBe(true);
    expect(newId('evt', 1_800_000_000_000) >= first).toBe(true);
  });

  it('is before all ids for a time before 1970', async () => {
    const { firstIdAt } = await freshIds();
    expect(firstIdAt('evt', -5)).toBe('evt_00000000-0000');
  });
});
