import type { EntityManager } from 'typeorm';
import { firstIdAt, firstUuidAt } from '../ids.ts';

const DAY_MS = 86_400_000;
/** Made ahead of time: a process that is away for days still finds today's. */
const DAYS_AHEAD = 7;

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

/** Makes the partitions of yesterday and of the days to come that are not there yet; what fits none lies in `<table>_rest`. */
export async function makePartitions(manager: EntityManager, now: number): Promise<void> {
  const today = dayOf(now);
  for (const table of Object.keys(partitionedTables)) {
    const there = new Set(await partitionsOf(manager, table));
    for (let day = today - 1; day <= today + DAYS_AHEAD; day++)
      if (!there.has(nameOf(table, day))) await makePartition(manager, table, day);
  }
}

/** Makes the partition of one day. */
export async function makePartition(manager: EntityManager, table: string, day: number): Promise<void> {
  const [from, to] = [day, day + 1].map((begun) => partitionedTables[table]!(begun * DAY_MS));
  await manager.query(
    `CREATE TABLE IF NOT EXISTS ${nameOf(table, day)} PARTITION OF ${table} FOR VALUES FROM ('${from}') TO ('${to}')`,
  );
}

async function partitionsOf(manager: EntityManager, table: string): Promise<string[]> {
  const rows: { name: string }[] = await manager.query(
    `SELECT relname AS name FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid
      WHERE inhparent = $1::regclass ORDER BY relname`,
    [table],
  );
  return rows.map(({ name }) => name);
}

/** `executions_20261128`, say. */
function nameOf(table: string, day: number): string {
  return `${table}_${new Date(day * DAY_MS).toISOString().slice(0, 10).replaceAll('-', '')}`;
}
