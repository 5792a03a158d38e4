import type { Database } from '../../src/platform/db/index.ts';
import type { BegunJob, NewJob, Queue } from '../../src/platform/queue/index.ts';
import { marks } from '../crash/mixed-writes.ts';

/** An adapter under test on a database of its own. */
export interface QueueHarness {
  database: Database;
  queue: Queue;
  /** Ends this queue as a crash would and starts another on the same database; its handlers are set before it starts. */
  restart(prepare: (queue: Queue) => void): Promise<void>;
  close(): Promise<void>;
}

const WAIT_MS_MAX = 25_000;

export async function until(isTrue: () => boolean | Promise<boolean>): Promise<void> {
  const end = Date.now() + WAIT_MS_MAX;
  while (!(await isTrue())) {
    if (Date.now() > end) throw new Error('It did not come to pass');
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

export const job = (id: string, changes: Partial<NewJob> = {}): NewJob => ({
  id,
  kind: 'test',
  lane: 'lane',
  group: null,
  runAt: 0,
  data: '',
  ...changes,
});

export const begun = (id: string): BegunJob => ({ ...job(id), group: null });

export const idOf = (index: number) => `job_${String(index).padStart(6, '0')}`;
export const noLimit = () => () => undefined;
export const mark = (id: number) => ({ table: marks, values: [id, 'a mark', null, null] });

/** A story about one queue: opened before it and closed after it. */
export const withQueue =
  (
    open: () => Promise<QueueHarness>,
    story: (harness: QueueHarness, jobsLeft: () => Promise<number>) => Promise<void>,
  ) =>
  async () => {
    const harness = await open();
    try {
      await story(harness, async () => {
        const [row] = await harness.database.read.query<{ count: number }[]>(
          'SELECT COUNT(*) AS count FROM queue_jobs',
        );
        return Number(row!.count);
      });
    } finally {
      await harness.close();
    }
  };

/** Handles jobs by noting their ids. */
export function collect(queue: Queue, ran: string[]): void {
  queue.handle('test', {
    admit: noLimit,
    run: async (one) => {
      ran.push(one.id);
      await queue.end(one, []);
    },
  });
}
