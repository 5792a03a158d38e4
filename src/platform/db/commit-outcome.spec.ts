import { randomBytes } from 'node:crypto';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { until } from '../../../test/support/until.ts';
import { Sealer } from '../sealing.ts';
import { PostgresDialect } from './dialect-postgres.ts';
import type { PostgresWriter } from './postgres-writer.ts';
import { toldInTime } from './told-in-time.ts';
import { WriteDoor } from './write-door.ts';

const lost = Object.assign(new Error('Connection terminated unexpectedly'), { code: '57P02' });
const unavailable = { code: 'database.unavailable', status: 503, retryAfterSeconds: 2 };

/** What the database says once it is asked: of the number 7, and of the process's mark. */
interface Afterwards {
  status: string | Error;
  mark: string;
}

/**
 * A door whose first transaction has the number 7 and gets no answer to its COMMIT.
 * @param afterwards what the database says then; null while it is away.
 */
function doorInDoubt(afterwards: () => Afterwards | null) {
  let isFirst = true;
  const begun: string[] = [];
  const writer = {
    runner: { manager: {}, query: () => Promise.resolve() },
    ask: async (statement: string) => {
      if (statement.startsWith('BEGIN')) return begun.push(statement) === 1 ? '7' : '8';
      const { status, mark } = afterwards() ?? { status: lost, mark: '' };
      if (statement.includes('FROM commit_marks')) return mark;
      if (status instanceof Error) throw status;
      return status;
    },
    query: async () => {
      if (!isFirst) return;
      isFirst = false;
      throw lost;
    },
    mended: () => undefined,
    broke: () => undefined,
  };
  const sealer = new Sealer(randomBytes(32));
  const door = new WriteDoor(new PostgresDialect(writer as unknown as PostgresWriter, new Map(), sealer));
  return { door, begun };
}

/** A transaction that counts its effects. */
function transaction(door: WriteDoor) {
  const told = { effects: 0, answer: undefined as unknown };
  const ended = door
    .transaction(async (tx) => {
      tx.afterCommit(() => (told.effects += 1));
      return 'done';
    })
    .then(
      (result) => (told.answer = result),
      (cause: unknown) => (told.answer = cause),
    );
  return { told, ended };
}

describe('A commit that was not answered', () => {
  it('is good when its mark is there', async () => {
    const { door } = doorInDoubt(() => ({ status: 'committed', mark: '7' }));
    const { told, ended } = transaction(door);
    await ended;
    expect(told).toEqual({ effects: 1, answer: 'done' });
    expect(door.failuresInARow).toBe(0);
  });

  it.each([
    ['it was rolled back', 'aborted'],
    ['another transaction has its number since the database crashed', 'committed'],
    ['the database has lost its number', Object.assign(new Error('in the future'), { code: '22023' })],
  ])('is refused when %s', async (_name, status) => {
    const { told, ended } = transaction(doorInDoubt(() => ({ status, mark: '6' })).door);
    await ended;
    expect(told).toMatchObject({ effects: 0, answer: { ...unavailable, cause: lost } });
  });
});

describe('A commit of which nobody can tell what became of it', () => {
  it('is neither good nor refused until somebody can, and what comes meanwhile is refused without being tried', async () => {
    const state = { afterwards: null as Afterwards | null };
    const { door, begun } = doorInDoubt(() => state.afterwards);
    const first = transaction(door);
    await until(() => Promise.resolve(door.failuresInARow > 0 || null));
    const second = transaction(door);
    await second.ended;
    expect(second.told).toMatchObject({ effects: 0, answer: unavailable });
    expect(first.told).toEqual({ effects: 0, answer: undefined });
    state.afterwards = { status: 'committed', mark: '7' };
    await first.ended;
    expect(first.told).toEqual({ effects: 1, answer: 'done' });
    expect(begun).toHaveLength(1);
    const third = transaction(door);
    await third.ended;
    expect(third.told).toEqual({ effects: 1, answer: 'done' });
  });

  it('keeps what comes meanwhile waiting where somebody can tell soon', async () => {
    const state = { afterwards: null as Afterwards | null };
    const { door, begun } = doorInDoubt(() => state.afterwards);
    const first = transaction(door);
    await until(() => Promise.resolve(door.failuresInARow > 0 || null));
    const second = transaction(door);
    state.afterwards = { status: 'aborted', mark: '6' };
    await Promise.all([first.ended, second.ended]);
    expect(first.told).toMatchObject({ effects: 0, answer: unavailable });
    expect(second.told).toEqual({ effects: 1, answer: 'done' });
    expect(begun).toHaveLength(2);
  });
});

const takeLong = () => new Promise((resolve) => setTimeout(resolve, 20_000));

describe('Who has to be told something of a commit in doubt', () => {
  afterEach(() => void vi.useRealTimers());

  it('is told after five seconds that nobody knows, and the commit goes on without him', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const state = { afterwards: null as Afterwards | null };
    const { door } = doorInDoubt(() => state.afterwards);
    let effects = 0;
    const work = () =>
      door.transaction(async (tx) => {
        tx.afterCommit(() => (effects += 1));
        return 'done';
      });
    let told: unknown;
    const ended = toldInTime(work).catch((cause: unknown) => (told = cause));
    await vi.advanceTimersByTimeAsync(4_900);
    expect(told).toBeUndefined();
    await vi.advanceTimersByTimeAsync(200);
    await ended;
    expect(told).toMatchObject({ code: 'database.outcome-unknown', status: 503 });
    expect((told as { retryAfterSeconds?: number }).retryAfterSeconds).toBeUndefined();
    expect(effects).toBe(0);
    state.afterwards = { status: 'committed', mark: '7' };
    await vi.advanceTimersByTimeAsync(200);
    expect(effects).toBe(1);
  });

  it('hears the end where it is known in time, however long the work takes before and after it', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const { door } = doorInDoubt(() => ({ status: 'committed', mark: '7' }));
    const told = toldInTime(async () => {
      await takeLong();
      const result = await door.transaction(() => Promise.resolve('done'));
      await takeLong();
      return result;
    });
    await vi.advanceTimersByTimeAsync(40_200);
    expect(await told).toBe('done');
    expect(vi.getTimerCount()).toBe(0);
  });
});
