import type { HotTable, TableRow } from '../../platform/db/index.ts';
import type { ExecutionStatus } from './execution.entity.ts';
import { durationMaxMs, minuteOf } from './webhook-statistics.rules.ts';

/** The configuration whose execution has ended. */
export interface CountedConfig {
  accountId: string;
  configId: number;
  key: string;
}

/** How one ended, as far as it counts. */
export interface CountedEnd {
  status: ExecutionStatus;
  finishedAt: number;
  /** Null where nobody knows. */
  durationMs: number | null;
}

const webhookStats: HotTable = {
  name: 'webhook_stats',
  columns: ['account_id', 'config_key', 'minute', 'config_id', 'status', 'duration_max_ms'],
  counters: ['count'],
};

/** Counts an end in the minute in which it was; belongs into the commit that records it. */
export function statisticsRow(config: CountedConfig, end: CountedEnd, count = 1): TableRow {
  const { accountId, key, configId } = config;
  const minute = minuteOf(end.finishedAt);
  return {
    table: webhookStats,
    values: [accountId, key, minute, configId, end.status, durationMaxMs(end.durationMs), count],
  };
}
