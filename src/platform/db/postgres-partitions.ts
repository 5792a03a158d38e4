import type { EntityManager } from 'typeorm';
import { firstIdAt, firstUuidAt } from '../ids.ts';
import { hasSqlState } from './postgres-settings.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Made ahead of time: a process that is away for days still finds today's. */
const DAYS_AHEAD = 7;
const LOCK_WAIT_MS = 250;
/** Codes of PostgreSQL. */
export const LOCK_NOT_AVAILABLE = '55P03';
const CHECK_VIOLATION = '23514';

/** Tables parted by day, with the first id that a moment can have in each. */
export const partitionedTables: Readonly<Record<string, (epochMs: number) => string>> = {
  executions: (epochMs) => firstIdAt('exe', epochMs),
  execution_calls: (epochMs) => firstIdAt('exe', epochMs),
  payload_packs: firstUuidAt,
};

/** A day (UTC) as a number that grows by one. */
export function dayOf(epochMs: number): number {
  return Math.floor(epochMs / DAY_MS);
}

/** When that day began. */
export function beginOf(day: number): number {
  return day * DAY_MS;
}

/** Makes the partitions of yesterday and of the days to come that are not there yet; what fits none lies in `<table>_rest`. */
export async function makePartitions(manager: EntityManager, now: number): Promise<void> {
  const today = dayOf(now);
  for (const table of Object.keys(partitionedTables)) {
    const there = new Set((await daysOf(manager, table)).map(({ day }) => day));
    for (let day = today - 1; day <= today + DAYS_AHEAD; day++)
      if (!there.has(day)) await makeInTime(manager, table, day);
  }
}

/** Makes them again every hour, until the function that it gives is called. */
export function keepPartitions(manager: EntityManager): () => void {
  let isMaking = false;
  const make = async (): Promise<void> => {
    if (isMaking) return;
    isMaking = true;
    // The database is away, say: there are partitions for days, and another hour comes.
    await makePartitions(manager, Date.now()).catch(() => undefined);
    isMaking = false;
  };
  const timer = setInterval(() => void make(), HOUR_MS).unref();
  return () => clearInterval(timer);
}

/** Makes the partition of one day. */
export async function makePartition(
  manager: Pick<EntityManager, 'query'>,
  table: string,
  day: number,
): Promise<void> {
  const { from, to } = idsOf(table, day);
  await manager.query(
    `CREATE TABLE IF NOT EXISTS ${nameOf(table, day)} PARTITION OF ${table} FOR VALUES FROM ('${from}') TO ('${to}')`,
  );
}

/** Makes one for all days before a day. In `<table>_rest` they would be read through, with the table locked, for each day that is made. */
export async function makeOlderPartition(
  manager: Pick<EntityManager, 'query'>,
  table: string,
  day: number,
): Promise<void> {
  await manager.query(
    `CREATE TABLE IF NOT EXISTS ${table}_older PARTITION OF ${table} FOR VALUES FROM (MINVALUE) TO ('${idsOf(table, day).from}')`,
  );
}

/** The days that have a partition, the oldest first. */
export async function daysOf(
  manager: EntityManager,
  table: string,
): Promise<{ day: number; name: string }[]> {
  const rows: { name: string }[] = await manager.query(
    `SELECT relname AS name FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid
      WHERE inhparent = $1::regclass ORDER BY relname`,
    [table],
  );
  return rows.flatMap(({ name }) => {
    const [, year, month, date] = /_(\d{4})(\d\d)(\d\d)$/.exec(name) ?? [];
    return year === undefined ? [] : [{ name, day: dayOf(Date.parse(`${year}-${month}-${date}`)) }];
  });
}

/** What every id of that day is not less than, and less than. */
export function idsOf(table: string, day: number): { from: string; to: string } {
  const firstIdOf = partitionedTables[table]!;
  return { from: firstIdOf(day * DAY_MS), to: firstIdOf((day + 1) * DAY_MS) };
}

/** Whoever waits for a lock on the whole table makes all others wait behind him: never for longer than calls can bear. */
export async function withinLockWait<T>(
  manager: EntityManager,
  work: (manager: EntityManager) => Promise<T>,
): Promise<T> {
  return await manager.transaction(async (own) => {
    await own.query(`SET LOCAL lock_timeout = ${LOCK_WAIT_MS}`);
    return await work(own);
  });
}

/** Rows of a day without partition lie in `<table>_rest`: once there are some, that day has none for good. */
async function makeInTime(manager: EntityManager, table: string, day: number): Promise<void> {
  try {
    await withinLockWait(manager, (own) => makePartition(own, table, day));
  } catch (cause) {
    if (!hasSqlState(cause, LOCK_NOT_AVAILABLE, CHECK_VIOLATION)) throw cause;
  }
}

/** `executions_20261128`, say. */
function nameOf(table: string, day: number): string {
  return `${table}_${new Date(day * DAY_MS).toISOString().slice(0, 10).replaceAll('-', '')}`;
}
