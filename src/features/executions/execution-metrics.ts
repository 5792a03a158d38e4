import { type Database, rawQuery } from '../../platform/db/index.ts';
import { Durations } from '../../platform/telemetry/durations.ts';
import { byLabel, counter, gauge, histogram, type Metric } from '../../platform/telemetry/metric.ts';
import { Tally } from '../../platform/telemetry/tally.ts';
import { type ExecutionStatus, executionStatuses, unfinishedStatuses } from './execution.entity.ts';
import type { ExecutionRecorder } from './execution-recorder.ts';
import type { ExecutionStreams } from './execution-streams.ts';

/** Beyond this the exact number says nothing more. */
const COUNTED_MAX = 100_000;
const BOUNDS_MS = [
  1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000, 60_000, 900_000,
];

/** Executions that have ended, whatever their configurations: those have their own counts in the database. */
export class ExecutionFigures {
  readonly statuses = new Tally<ExecutionStatus>(executionStatuses.filter((status) => !isUnfinished(status)));
  readonly durations = new Durations(BOUNDS_MS);

  /** @param durationMs null where nobody knows. */
  ended(status: ExecutionStatus, durationMs: number | null): void {
    this.statuses.add(status);
    // How long a refusal took says nothing about the work.
    if (durationMs !== null && status !== 'rejected' && status !== 'ignored') this.durations.note(durationMs);
  }
}

/** The metrics of executions. */
export function executionMetrics(parts: {
  recorder: ExecutionRecorder;
  streams: ExecutionStreams;
  read: Database['read'];
}): Metric[] {
  const { recorder, streams, read } = parts;
  const { figures } = recorder;
  return [
    counter(
      'signalbox_executions_ended_total',
      'Executions whose end is on disk, by status; each attempt of an idempotency key counts.',
      () => byLabel('status', figures.statuses.counts),
    ),
    histogram(
      'signalbox_execution_duration_seconds',
      'How long executions took that ran (succeeded, failed or dead), waiting included.',
      figures.durations,
    ),
    gauge(
      'signalbox_executions_unfinished',
      'Executions on record that have not ended, by status, each counted up to 100,000.',
      async () => byLabel('status', await unfinished(read)),
    ),
    gauge(
      'signalbox_execution_stream_readers',
      'Open connections to /api/executions/stream.',
      () => streams.size,
    ),
  ];
}

function isUnfinished(status: ExecutionStatus): boolean {
  return unfinishedStatuses.some((unfinishedStatus) => unfinishedStatus === status);
}

async function unfinished(read: Database['read']): Promise<Record<string, number>> {
  const counts = await Promise.all(
    unfinishedStatuses.map(async (status) => {
      // The index of the unfinished alone answers this, where the statuses stand in the text.
      const [row] = await rawQuery<{ count: number | string }[]>(
        read,
        `SELECT COUNT(*) AS count FROM (SELECT 1 FROM executions
          WHERE status = ? AND status IN ('received', 'running') LIMIT ?) AS unfinished`,
        [status, COUNTED_MAX],
      );
      return [status, Number(row?.count ?? 0)] as const;
    }),
  );
  return Object.fromEntries(counts);
}
