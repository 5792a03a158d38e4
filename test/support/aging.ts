import { Database } from '../../src/platform/db/index.ts';
import { Retention } from '../../src/platform/retention.ts';
import { InProcess } from './in-process.ts';

export const DAY_MS = 86_400_000;

/** The process's own clock, as ids are made by it; it is never set back. */
const { now } = Date;
let movedMs = 0;
Date.now = () => now() + movedMs;

/** A product in which executions are kept for ten days. */
export function startAging(dataFolder?: string): Promise<InProcess> {
  return InProcess.start({ EXECUTION_RETENTION_DAYS: '10' }, dataFolder);
}

/** From now on it is so much later. */
export function moveOn(days: number): void {
  movedMs += Math.round(days * DAY_MS);
}

/** The same, and what is too old by then is deleted. */
export async function daysLater(server: InProcess, days: number): Promise<void> {
  moveOn(days);
  const retention = server.app.get(Retention);
  // That of the start may be on its way still, with the time of the start.
  await retention.run();
  await retention.run();
}

/** Rows of a table. */
export async function count(server: InProcess, table: string): Promise<number> {
  const [row] = await server.app.get(Database).read.query(`SELECT count(*) AS count FROM ${table}`);
  return row.count;
}
