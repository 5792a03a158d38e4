import { setTimeout as sleep } from 'node:timers/promises';
import type { DataSource, EntityManager } from 'typeorm';
import type { DayKeeper, OldDays, RowCondition } from './old-days.ts';
import {
  beginOf,
  dayOf,
  daysOf,
  idsOf,
  LOCK_NOT_AVAILABLE,
  partitionedTables,
  withinLockWait,
} from './postgres-partitions.ts';
import { hasSqlState } from './postgres-settings.ts';
import { rawQuery } from './raw-query.ts';

/** Rows that stay are moved while nobody can reach the table: 5 ms for a thousand small ones. */
const STAYING_MAX = 1_000;
const TRIES_MAX = 5;
const PAUSE_MS = 1_000;
const UNDEFINED_TABLE = '42P01';

/** A day is a partition: it goes with its files, and no row of it has to be found, marked and cleared away. */
export class PostgresOldDays implements DayKeeper {
  constructor(private readonly source: DataSource) {}

  wholeDaysBefore(table: string, epochMs: number): number {
    return partitionedTables[table] ? beginOf(dayOf(epochMs)) : epochMs;
  }

  async *deleteDays({ table, before, staying, isThorough }: OldDays): AsyncGenerator<number> {
    if (!partitionedTables[table]) return;
    for (const { day, name } of await daysOf(this.source.manager, table)) {
      if (day >= dayOf(before)) return;
      const { from, to } = idsOf(table, day);
      const condition = staying(from, to);
      if (condition === null) continue;
      const gone =
        (await this.takeAway(table, name, condition)) ??
        (isThorough ? await this.deleteOthers(name, condition) : null);
      if (gone) yield gone;
    }
  }

  /** @returns how many rows went; null where too many stay. @throws where others would not let go of the table. */
  private async takeAway(table: string, name: string, condition: RowCondition): Promise<number | null> {
    for (let tries = 1; ; tries++) {
      try {
        return await withinLockWait(this.source.manager, (own) => takeAway(own, table, name, condition));
      } catch (cause) {
        // Somebody else was at it too.
        if (hasSqlState(cause, UNDEFINED_TABLE)) return 0;
        // A backup that is being made, say: the next round comes in an hour.
        if (tries === TRIES_MAX || !hasSqlState(cause, LOCK_NOT_AVAILABLE)) throw cause;
        await sleep(PAUSE_MS);
      }
    }
  }

  private async deleteOthers(name: string, { sql, values }: RowCondition): Promise<number> {
    const [, affected] = await rawQuery<[unknown, number]>(
      this.source.manager,
      `DELETE FROM ${name} WHERE (${sql}) IS NOT TRUE`,
      values,
    );
    return affected;
  }
}

async function takeAway(
  manager: EntityManager,
  table: string,
  name: string,
  { sql, values }: RowCondition,
): Promise<number | null> {
  // Others go on reading all days and writing all others. Nobody writes this one: what is found stays true.
  await manager.query(`LOCK TABLE ${name} IN SHARE ROW EXCLUSIVE MODE`);
  const staying = await rawQuery<{ place: string }[]>(
    manager,
    `SELECT ctid::text AS place FROM ${name} WHERE (${sql}) LIMIT ${STAYING_MAX + 1}`,
    values,
  );
  if (staying.length > STAYING_MAX) return null;
  const [{ count }] = await manager.query<[{ count: number }]>(`SELECT count(*) AS count FROM ${name}`);
  await manager.query(`ALTER TABLE ${table} DETACH PARTITION ${name}`);
  if (staying.length > 0)
    await manager.query(`INSERT INTO ${table} SELECT * FROM ${name} WHERE ctid = ANY ($1::tid[])`, [
      staying.map(({ place }) => place),
    ]);
  await manager.query(`DROP TABLE ${name}`);
  return count - staying.length;
}
