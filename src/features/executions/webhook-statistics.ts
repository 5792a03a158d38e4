import type { EntityManager } from 'typeorm';
import { isoTime } from '../../platform/clock.ts';
import type { ExecutionStatus } from './execution.entity.ts';
import { percentilesOf } from './webhook-statistics.rules.ts';

/** What is counted, between two minutes of which the last is not in it. */
export interface StatisticsFilter {
  accountId: string;
  key: string | undefined;
  configId: number | undefined;
  firstMinute: number;
  endMinute: number;
  /** Minutes of one item. */
  unitMinutes: number;
}

/** Counts of one configuration, item, status and duration. */
interface CountRow {
  key: string;
  configId: number;
  unit: number | string;
  status: ExecutionStatus;
  durationMaxMs: number | string;
  count: number | string;
}

/** From key to key with one step each: the index begins with the key, and a list of all rows would read them all. */
const ALL_KEYS = `WITH RECURSIVE keys (config_key) AS (
  SELECT min(config_key) FROM webhook_stats WHERE account_id = :accountId
  UNION ALL
  SELECT (SELECT min(s.config_key) FROM webhook_stats s
    WHERE s.account_id = :accountId AND s.config_key > keys.config_key)
  FROM keys WHERE keys.config_key IS NOT NULL
) SELECT config_key FROM keys WHERE config_key IS NOT NULL`;

/** The counts of a filter, those of an item one after the other. @param rowsMax how many are read at most. */
export function countRows(read: EntityManager, filter: StatisticsFilter, rowsMax: number) {
  const { accountId, key, configId, firstMinute, endMinute, unitMinutes } = filter;
  const rows = read
    .createQueryBuilder()
    .from('webhook_stats', 'stats')
    .select('stats.config_key', 'key')
    .addSelect('stats.config_id', 'configId')
    .addSelect('stats.minute / :unitMinutes', 'unit')
    .addSelect('stats.status', 'status')
    .addSelect('stats.duration_max_ms', 'durationMaxMs')
    .addSelect('SUM(stats.count)', 'count')
    .where('stats.account_id = :accountId', { accountId, unitMinutes })
    .andWhere(key === undefined ? `stats.config_key IN (${ALL_KEYS})` : 'stats.config_key = :key', { key })
    .andWhere('stats.minute >= :firstMinute AND stats.minute < :endMinute', { firstMinute, endMinute });
  if (configId !== undefined) rows.andWhere('stats.config_id = :configId', { configId });
  for (const column of [1, 2, 3, 4, 5]) rows.addGroupBy(String(column));
  return rows.orderBy('1').addOrderBy('3').addOrderBy('2').limit(rowsMax);
}

/** Those that ran: how long a refusal took says nothing about the work. */
const statusesThatRan: ReadonlySet<ExecutionStatus> = new Set(['succeeded', 'failed', 'dead']);

/** The same as an answer shows it: one item for each configuration and unit in which something ended. */
export function statisticsItems(rows: readonly CountRow[], unitMinutes: number) {
  const items = new Map<
    string,
    { row: CountRow; counts: Record<string, number>; durations: Map<number, number> }
  >();
  for (const row of rows) {
    const place = `${row.configId} ${row.unit}`;
    let item = items.get(place);
    if (!item) {
      const counts = { succeeded: 0, failed: 0, dead: 0, ignored: 0, rejected: 0 };
      items.set(place, (item = { row, counts, durations: new Map() }));
    }
    const count = Number(row.count);
    item.counts[row.status] = (item.counts[row.status] ?? 0) + count;
    if (!statusesThatRan.has(row.status)) continue;
    const bound = Number(row.durationMaxMs);
    item.durations.set(bound, (item.durations.get(bound) ?? 0) + count);
  }
  return [...items.values()].map(({ row, counts, durations }) => ({
    key: row.key,
    configId: row.configId,
    from: isoTime(Number(row.unit) * unitMinutes * 60_000),
    counts,
    total: Object.values(counts).reduce((sum, count) => sum + count, 0),
    durationMs: percentilesOf(durations),
  }));
}
