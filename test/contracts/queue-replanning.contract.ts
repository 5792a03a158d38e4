import { describe, expect, it } from 'vitest';
import type { Job } from '../../src/platform/queue/index.ts';
import { collect, job, noLimit, type QueueHarness, until, withQueue } from './queue-harness.ts';

/** What every adapter promises of a job that is added once more. @param open makes a fresh database and a queue that has not started. */
export function queueReplanningContract(open: () => Promise<QueueHarness>): void {
  describe('a job that is added once more', () => {
    it.each([
      ['soon', 30_000],
      ['much later', 3_600_000],
    ])(
      'while it waits for its time, which is %s, is planned anew',
      async (_when, inMs) =>
        await withQueue(open, async ({ queue }, jobsLeft) => {
          const ran: Job[] = [];
          queue.handle('test', {
            admit: noLimit,
            run: async (one) => {
              ran.push(one);
              await queue.end(one, []);
            },
          });
          await queue.start();
          await queue.add(job('waits', { runAt: Date.now() + inMs, attempt: 3, data: 'old' }), []);
          await queue.add(job('waits', { data: 'new' }), []);
          await until(async () => (await jobsLeft()) === 0);
          expect(ran).toMatchObject([{ id: 'waits', attempt: 1, data: 'new' }]);
          await until(() => queue.depth === 0);
        })(),
    );

    it(
      'while it is ready and its lane is full may wait for another time',
      withQueue(open, async ({ queue }, jobsLeft) => {
        const ran: string[] = [];
        let isOpen = false;
        queue.handle('test', {
          admit: () => (isOpen ? () => undefined : null),
          run: async (one) => {
            ran.push(one.id);
            await queue.end(one, []);
          },
        });
        await queue.start();
        await queue.add(job('a'), []);
        await queue.add(job('b'), []);
        await queue.add(job('a', { runAt: Date.now() + 300 }), []);
        isOpen = true;
        queue.wake();
        await until(async () => (await jobsLeft()) === 0);
        expect(ran).toEqual(['b', 'a']);
      }),
    );

    it.each([1, 2])(
      'while its attempt %i is at work ends with that',
      async (attempt) =>
        await withQueue(open, async ({ queue }, jobsLeft) => {
          const { promise: isFree, resolve: goOn } = Promise.withResolvers<void>();
          const begun: number[] = [];
          const done: number[] = [];
          queue.handle('test', {
            admit: noLimit,
            run: async (one) => {
              begun.push(one.attempt);
              if (begun.length < attempt) {
                await queue.retry(one, 0, []);
                return;
              }
              await isFree;
              await queue.end(one, []);
              done.push(one.attempt);
            },
          });
          await queue.start();
          await queue.add(job('at work'), []);
          await until(() => begun.length === attempt);
          await queue.add(job('at work'), []);
          goOn();
          await until(async () => done.length > 0 && (await jobsLeft()) === 0);
          expect(done[0]).toBe(attempt);
          await until(() => queue.depth === 0);
        })(),
    );

    it(
      'right behind its end is run again',
      withQueue(open, async ({ queue, database: { door } }, jobsLeft) => {
        let runs = 0;
        queue.handle('test', {
          admit: noLimit,
          run: async (one) => {
            runs++;
            const ended = door.transaction((tx) => queue.endIn(tx, one));
            const added = runs < 5 ? door.transaction((tx) => queue.addIn(tx, job('again'))) : null;
            await Promise.all([ended, added]);
          },
        });
        await queue.start();
        await queue.add(job('again'), []);
        await until(async () => runs === 5 && (await jobsLeft()) === 0);
        await until(() => queue.depth === 0);
      }),
    );

    it(
      'is the only one of its name, also after a crash',
      withQueue(open, async ({ queue, restart }, jobsLeft) => {
        const ran: string[] = [];
        for (const data of ['1', '2', '3'])
          await queue.add(job('once', { runAt: Date.now() + 3_600_000, data }), []);
        await queue.add(job('once'), []);
        expect(await jobsLeft()).toBe(1);
        await restart((next) => collect(next, ran));
        await until(async () => (await jobsLeft()) === 0);
        expect(ran).toEqual(['once']);
      }),
    );
  });
}
