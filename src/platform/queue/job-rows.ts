import type { HotTable, TableRow } from '../db/index.ts';
import type { Job } from './queue.ts';

/** A job that is there already is planned anew, unless somebody does it at this moment. */
const jobs: HotTable = {
  name: 'queue_jobs',
  columns: ['id', 'kind', 'lane', 'group_key', 'run_at', 'attempt', 'data', 'holder', 'claim'],
  onConflict: `(id) DO UPDATE SET run_at = excluded.run_at, attempt = excluded.attempt, data = excluded.data
    WHERE queue_jobs.holder IS NULL`,
};

const HELD = ['id', 'holder', 'claim', 'attempt'];
const isHeld = HELD.map((column) => `queue_jobs.${column} = given.${column}`).join(' AND ');

const ended: HotTable = {
  name: 'queue_jobs',
  columns: HELD,
  finds: (given) => `DELETE FROM queue_jobs USING ${given} WHERE ${isHeld} RETURNING 1`,
};
/** `given` has the attempt that ends. */
const again: HotTable = {
  name: 'queue_jobs',
  columns: [...HELD, 'run_at'],
  finds: (given) => `UPDATE queue_jobs SET holder = NULL, attempt = given.attempt + 1, run_at = given.run_at
    FROM ${given} WHERE ${isHeld} RETURNING 1`,
};
/** Until the commit nobody can take it over: who tries waits, and finds it as it is then. */
const kept: HotTable = {
  name: 'queue_jobs',
  columns: HELD,
  finds: (given) => `SELECT 1 FROM queue_jobs JOIN ${given} ON ${isHeld} FOR SHARE OF queue_jobs`,
};

/** The row of a job; without `hold` it is free. */
export function jobRow({ id, kind, lane, group, runAt, attempt, data, hold }: Job): TableRow {
  const values = [id, kind, lane, group, runAt, attempt, data, hold?.holder ?? null, hold?.claim ?? 0];
  return { table: jobs, values };
}

/** Removes a job that is still held as it was taken. */
export function endedRow(job: Job): TableRow {
  return { table: ended, values: heldAs(job) };
}

/** Plans the next attempt of such a job, for whoever takes it. */
export function againRow(job: Job, runAt: number): TableRow {
  return { table: again, values: [...heldAs(job), runAt] };
}

/** Finds such a job, and leaves it as it is. */
export function keptRow(job: Job): TableRow {
  return { table: kept, values: heldAs(job) };
}

function heldAs({ id, attempt, hold }: Job): unknown[] {
  return [id, hold?.holder ?? null, hold?.claim ?? 0, attempt];
}
