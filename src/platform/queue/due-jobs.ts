import { type Database, rawQuery } from '../db/index.ts';
import type { DueJobs } from './queue.ts';

/** Beyond this the exact number says nothing more. */
const COUNTED_MAX = 100_000;
const AT_HAND_MAX = 10_000;

/** Each has an index of its own, which is read in its order. */
const parts = [
  { where: 'group_key IS NULL AND run_at <= ?', order: 'run_at, id' },
  { where: 'group_key IS NOT NULL AND run_at <= ?', order: 'id' },
];

/** What of the table is due and not at hand. */
export async function dueJobs(
  read: Database['read'],
  now: number,
  atHand: Pick<ReadonlySet<string>, 'size' | 'has'>,
): Promise<DueJobs> {
  let count = 0;
  let oldestAt = now;
  const first = Math.min(atHand.size, AT_HAND_MAX) + 1;
  for (const { where, order } of parts) {
    const [counted] = await rawQuery<{ count: number | string }[]>(
      read,
      `SELECT COUNT(*) AS count FROM (SELECT 1 FROM queue_jobs WHERE ${where} LIMIT ?) AS due`,
      [now, COUNTED_MAX],
    );
    count += Number(counted?.count ?? 0);
    const oldest = await rawQuery<{ id: string; runAt: number | string }[]>(
      read,
      `SELECT id, run_at AS "runAt" FROM queue_jobs WHERE ${where} ORDER BY ${order} LIMIT ?`,
      [now, first],
    );
    for (const { id, runAt } of oldest) if (!atHand.has(id)) oldestAt = Math.min(oldestAt, Number(runAt));
  }
  return { count: Math.max(0, count - atHand.size), oldestAgeMs: now - oldestAt };
}

/** What of the table is due and nobody's, where the table says whose a job is. */
export async function freeJobsDue(read: Database['read'], now: number): Promise<DueJobs> {
  const [row] = await rawQuery<{ count: number | string; oldestAt: number | string | null }[]>(
    read,
    `SELECT (SELECT COUNT(*) FROM (SELECT 1 FROM queue_jobs WHERE holder IS NULL AND run_at <= ? LIMIT ?) AS due) AS count,
      (SELECT MIN(run_at) FROM queue_jobs WHERE holder IS NULL AND run_at <= ?) AS "oldestAt"`,
    [now, COUNTED_MAX, now],
  );
  return { count: Number(row!.count), oldestAgeMs: now - Number(row!.oldestAt ?? now) };
}
