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

/** Makes the partitions of yesterday and of the days to come that are not there yet; what fits none lies in `<table>_rest`. */
export async function makePartitions(manager: EntityManager, now: number): Promise<void> {
  const today = Math.floor(now / DAY_MS);
  for (const [table, firstIdOf] of Object.entries(partitionedTables)) {
    const there = new Set(await partitionsOf(manager, table));
    for (let day = today - 1; day <= today + DAYS_AHEAD; day++) {
      const name = nameOf(table, day);
      if (there.has(name)) continue;
      const [from, to] = [firstIdOf(day * DAY_MS), firstIdOf((day + 1) * DAY_MS)];
      await manager.query(
        `CREATE TABLE IF NOT EXISTS ${name} PARTITION OF ${table} FOR VALUES FROM ('${from}') TO ('${to}')`,
      );
    }
  }
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
