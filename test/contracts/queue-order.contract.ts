import { describe, expect, it } from 'vitest';
import type { Job, Queue } from '../../src/platform/queue/index.ts';
import { collect, idOf, job, noLimit, type QueueHarness, until, withQueue } from './queue-harness.ts';

/** What every adapter promises of many jobs. @param open makes a fresh database and a queue that has not started. */
export function queueOrderContract(open: () => Promise<QueueHarness>): void {
  describe('jobs of one group', () => {
    it(
      'run one after the other in order, those of other groups beside them',
      withQueue(open, async ({ queue }, jobsLeft) => {
        const order = new Map<string, string[]>();
        const running = new Map<string, number>();
        let mostAtOnce = 0;
        queue.handle('test', {
          admit: noLimit,
          run: async (one) => {
            const group = one.group!;
            running.set(group, (running.get(group) ?? 0) + 1);
            expect(running.get(group)).toBe(1);
            mostAtOnce = Math.max(
              mostAtOnce,
              [...running.values()].reduce((a, b) => a + b, 0),
            );
            await new Promise((resolve) => setImmediate(resolve));
            order.set(group, [...(order.get(group) ?? []), one.id]);
            running.set(group, running.get(group)! - 1);
            await queue.end(one, []);
          },
        });
        await queue.start();
        await Promise.all(
          Array.from({ length: 200 }, (_, index) =>
            queue.add(job(idOf(index), { group: `group ${index % 5}` }), []),
          ),
        );
        await until(async () => (await jobsLeft()) === 0);
        expect(mostAtOnce).toBeGreaterThan(1);
        for (const ids of order.values()) {
          expect(ids).toHaveLength(40);
          expect(ids).toEqual([...ids].sort());
        }
      }),
    );

    it(
      'wait for the one that is to be tried again, also across a crash',
      withQueue(open, async ({ queue, restart }) => {
        const ran: string[] = [];
        const fail = (target: Queue, delayMs: number) => ({
          admit: noLimit,
          run: async (one: Job) => {
            ran.push(`${one.id} ${one.attempt}`);
            if (one.id === 'a1' && one.attempt < 3) await target.retry(one, Date.now() + delayMs, []);
            else await target.end(one, []);
          },
        });
        // Not before the restart, however long a commit takes.
        queue.handle('test', fail(queue, 3_000));
        await queue.start();
        for (const id of ['a1', 'a2', 'a3']) await queue.add(job(id, { group: 'a' }), []);
        await queue.add(job('b1', { group: 'b' }), []);
        await until(() => ran.includes('b1 1') && queue.figures.retries === 1);
        await restart((next) => next.handle('test', fail(next, 50)));
        await until(() => ran.includes('a3 1'));
        expect(ran.filter((one) => one.startsWith('a'))).toEqual(['a1 1', 'a1 2', 'a1 3', 'a2 1', 'a3 1']);
      }),
    );
  });

  describe('a lane', () => {
    it(
      'that is full holds up no other, and goes on when it has room',
      withQueue(open, async ({ queue }, jobsLeft) => {
        let room = 1;
        let mostAtOnce = 0;
        let atOnce = 0;
        const ran: string[] = [];
        queue.handle('test', {
          admit: ({ lane }) => {
            if (lane !== 'narrow') return () => undefined;
            if (room === 0) return null;
            room--;
            return () => {
              room++;
              queue.wake();
            };
          },
          run: async (one) => {
            const isNarrow = one.lane === 'narrow';
            if (isNarrow) mostAtOnce = Math.max(mostAtOnce, ++atOnce);
            await new Promise((resolve) => setTimeout(resolve, isNarrow ? 5 : 0));
            if (isNarrow) atOnce--;
            ran.push(one.id);
            await queue.end(one, []);
          },
        });
        await queue.start();
        await Promise.all(
          Array.from({ length: 200 }, (_, index) =>
            queue.add(job(`n${idOf(index)}`, { lane: 'narrow' }), []),
          ),
        );
        await queue.add(job('wide', { lane: 'wide' }), []);
        await until(async () => (await jobsLeft()) === 0);
        expect(mostAtOnce).toBe(1);
        expect(ran.indexOf('wide')).toBeLessThan(100);
      }),
    );

    it(
      'of jobs that never end leaves room for others',
      withQueue(open, async ({ queue }) => {
        const ran: string[] = [];
        queue.handle('test', {
          admit: noLimit,
          run: async (one) => {
            if (one.lane === 'endless') return await new Promise(() => undefined);
            ran.push(one.id);
            await queue.end(one, []);
          },
        });
        await queue.start();
        await Promise.all(
          Array.from({ length: 300 }, (_, index) => queue.add(job(idOf(index), { lane: 'endless' }), [])),
        );
        await queue.add(job('other', { lane: 'other' }), []);
        await until(() => ran.includes('other'));
      }),
    );
  });

  it(
    'runs each of ten thousand jobs once',
    withQueue(open, async ({ queue }, jobsLeft) => {
      const ran = new Map<string, number>();
      queue.handle('test', {
        admit: noLimit,
        run: async (one) => {
          ran.set(one.id, (ran.get(one.id) ?? 0) + 1);
          await queue.end(one, []);
        },
      });
      await queue.start();
      await Promise.all(
        Array.from({ length: 10_000 }, (_, index) =>
          queue.add(job(idOf(index), { lane: `lane ${index % 7}` }), []),
        ),
      );
      await until(async () => (await jobsLeft()) === 0);
      expect(ran.size).toBe(10_000);
      expect([...ran.values()].every((times) => times === 1)).toBe(true);
    }),
    60_000,
  );

  it(
    'stops when what is at hand has ended, and leaves the rest to the next start',
    withQueue(open, async ({ queue, restart }, jobsLeft) => {
      const release: (() => void)[] = [];
      queue.handle('test', {
        admit: noLimit,
        run: async (one) => {
          await new Promise<void>((resolve) => release.push(resolve));
          await queue.end(one, []);
        },
      });
      await queue.start();
      await queue.add(job('at hand'), []);
      await until(() => release.length === 1);
      const stopped = queue.stop(20_000);
      await queue.add(job('too late'), []);
      release[0]!();
      await stopped;
      expect(await jobsLeft()).toBe(1);
      const ran: string[] = [];
      await restart((next) => collect(next, ran));
      await until(() => ran.length === 1);
      expect(ran).toEqual(['too late']);
    }),
  );
}
