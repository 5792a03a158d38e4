import { describe, expect, it } from 'vitest';
import type { Job } from '../../src/platform/queue/index.ts';
import { begun, collect, job, mark, noLimit, type QueueHarness, until, withQueue } from './queue-harness.ts';

/** What every adapter promises of a job. @param open makes a fresh database and a queue that has not started. */
export function queueContract(open: () => Promise<QueueHarness>): void {
  describe('a job', () => {
    it(
      'is run once, with its data and as its first attempt, and is gone afterwards',
      withQueue(open, async ({ queue }, jobsLeft) => {
        const ran: Job[] = [];
        queue.handle('test', {
          admit: noLimit,
          run: async (one) => {
            ran.push(one);
            await queue.end(one, []);
          },
        });
        await queue.start();
        await queue.add(job('a', { data: '{"x":"é\'"}', lane: 'its lane' }), []);
        await until(async () => (await jobsLeft()) === 0);
        expect(ran).toMatchObject([{ id: 'a', data: '{"x":"é\'"}', lane: 'its lane', attempt: 1 }]);
        await until(() => queue.depth === 0);
      }),
    );

    it(
      'is not run before its time',
      withQueue(open, async ({ queue }) => {
        const ran: string[] = [];
        collect(queue, ran);
        await queue.start();
        const runAt = Date.now() + 300;
        let ranAt = 0;
        queue.handle('timed', {
          admit: noLimit,
          run: async (one) => {
            ranAt = Date.now();
            await queue.end(one, []);
          },
        });
        await queue.add(job('later', { kind: 'timed', runAt }), []);
        await queue.add(job('now'), []);
        await until(() => ranAt > 0 && ran.length > 0);
        expect(ran).toEqual(['now']);
        expect(ranAt).toBeGreaterThanOrEqual(runAt);
      }),
    );

    it(
      'is stored with the rows that come with it, or not at all',
      withQueue(open, async ({ queue, database }, jobsLeft) => {
        await queue.add(job('with a row'), [mark(1)]);
        await expect(queue.add(job('with the same row'), [mark(1)])).rejects.toThrow(/UNIQUE|duplicate/i);
        expect(await jobsLeft()).toBe(1);
        await expect(
          database.door.transaction(async (tx) => {
            await queue.addIn(tx, job('of a transaction that fails'));
            throw new Error('no');
          }),
        ).rejects.toThrow('no');
        expect(await jobsLeft()).toBe(1);
      }),
    );

    it(
      'that was not ended is run again after a crash, as the same attempt',
      withQueue(open, async ({ queue, restart }, jobsLeft) => {
        const begun: Job[] = [];
        queue.handle('test', {
          admit: noLimit,
          run: (one) => {
            begun.push(one);
            return new Promise(() => undefined);
          },
        });
        await queue.start();
        await queue.add(job('cut off'), []);
        await queue.add(job('cut off in a group', { group: 'g' }), []);
        await until(() => begun.length === 2);
        const again: Job[] = [];
        await restart((next) =>
          next.handle('test', {
            admit: noLimit,
            run: async (one) => {
              again.push(one);
              await next.end(one, []);
            },
          }),
        );
        await until(async () => (await jobsLeft()) === 0);
        expect(again.map(({ id, attempt }) => `${id} ${attempt}`).sort()).toEqual([
          'cut off 1',
          'cut off in a group 1',
        ]);
      }),
    );

    it(
      'that this process has begun is not begun twice, and goes on after a crash',
      withQueue(open, async ({ queue, restart }, jobsLeft) => {
        const ran: string[] = [];
        collect(queue, ran);
        await queue.start();
        const held = await queue.addBegun(begun('begun'), [mark(7)]);
        const other = await queue.addBegun(begun('begun and ended'), []);
        expect(await queue.end(other, [])).toBe(true);
        expect(await queue.end(other, [])).toBe(false);
        await queue.add(job('another'), []);
        await until(async () => (await jobsLeft()) === 1);
        expect(ran).toEqual(['another']);
        await restart((next) => collect(next, ran));
        await until(async () => (await jobsLeft()) === 0);
        expect(ran).toEqual(['another', held.id]);
      }),
    );

    it(
      'that this process has begun is tried again like any other',
      withQueue(open, async ({ queue }, jobsLeft) => {
        const ran: string[] = [];
        collect(queue, ran);
        await queue.start();
        const held = await queue.addBegun(begun('begun'), []);
        expect(await queue.retry(held, Date.now() + 5, [])).toBe(true);
        await until(async () => (await jobsLeft()) === 0);
        expect(ran).toEqual([held.id]);
        await until(() => queue.depth === 0);
      }),
    );

    it(
      'is tried again with a number of its own, and whoever holds an older number ends nothing',
      withQueue(open, async ({ queue, database }, jobsLeft) => {
        const seen: Job[] = [];
        queue.handle('test', {
          admit: noLimit,
          run: async (one) => {
            seen.push(one);
            if (one.attempt < 3) await queue.retry(one, Date.now() + 5, [mark(one.attempt)]);
            else {
              expect(await queue.end(seen[0]!, [mark(99)])).toBe(false);
              expect(await queue.retry(seen[1]!, 0, [mark(98)])).toBe(false);
              await queue.end(one, [mark(3)]);
            }
          },
        });
        await queue.start();
        await queue.add(job('again'), []);
        await until(async () => seen.length === 3 && (await jobsLeft()) === 0);
        expect(seen.map(({ attempt }) => attempt)).toEqual([1, 2, 3]);
        expect(await database.read.query('SELECT id FROM marks ORDER BY id')).toEqual([
          { id: 1 },
          { id: 2 },
          { id: 3 },
        ]);
      }),
    );

    it(
      'has rows stored with it while it is held, and none afterwards',
      withQueue(open, async ({ queue, database }, jobsLeft) => {
        const seen: Job[] = [];
        const held: boolean[] = [];
        queue.handle('test', {
          admit: noLimit,
          run: async (one) => {
            seen.push(one);
            held.push(await queue.holds(one), await queue.keep(one, [mark(one.attempt)]));
            await database.door.transaction(async (tx) => {
              held.push(await queue.holdsIn(tx, one));
            });
            if (one.attempt === 1) await queue.retry(one, Date.now() + 5, []);
            else {
              // The earlier try of it does not count any more, whatever is still on its way there.
              expect(await queue.keep(seen[0]!, [mark(9)])).toBe(false);
              await queue.end(one, []);
            }
          },
        });
        await queue.start();
        await queue.add(job('kept'), []);
        await until(async () => (await jobsLeft()) === 0);
        for (const one of seen) {
          held.push(!(await queue.holds(one)), !(await queue.keep(one, [mark(8)])));
          await database.door.transaction(async (tx) => {
            held.push(!(await queue.holdsIn(tx, one)));
          });
        }
        expect(held).toEqual(Array.from({ length: 12 }, () => true));
        expect(await database.read.query('SELECT id FROM marks ORDER BY id')).toEqual([{ id: 1 }, { id: 2 }]);
      }),
    );

    it(
      'that this process has begun is held by it until it is ended',
      withQueue(open, async ({ queue, database }) => {
        const held = await queue.addBegun(begun('begun'), []);
        expect([await queue.holds(held), await queue.keep(held, [mark(1)])]).toEqual([true, true]);
        expect(await queue.end(held, [])).toBe(true);
        expect([await queue.holds(held), await queue.keep(held, [mark(2)])]).toEqual([false, false]);
        expect(await database.read.query('SELECT id FROM marks')).toEqual([{ id: 1 }]);
      }),
    );

    it(
      'whose handler throws is tried again by itself',
      withQueue(open, async ({ queue }, jobsLeft) => {
        let tries = 0;
        queue.handle('test', {
          admit: noLimit,
          run: async (one) => {
            if (++tries === 1) throw new Error('The database is away');
            await queue.end(one, []);
          },
        });
        await queue.start();
        await queue.add(job('stumbles'), []);
        await until(async () => (await jobsLeft()) === 0);
        expect(tries).toBe(2);
      }),
    );

    it(
      'ended in a transaction that fails is not ended',
      withQueue(open, async ({ queue, database }, jobsLeft) => {
        let tries = 0;
        queue.handle('test', {
          admit: noLimit,
          run: async (one) => {
            tries++;
            await database.door.transaction(async (tx) => {
              expect(await queue.endIn(tx, one)).toBe(true);
              if (tries === 1) throw new Error('no');
            });
          },
        });
        await queue.start();
        await queue.add(job('twice'), []);
        await until(async () => (await jobsLeft()) === 0);
        expect(tries).toBe(2);
      }),
    );
  });
}
