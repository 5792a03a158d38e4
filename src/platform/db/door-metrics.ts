import { Durations } from '../telemetry/durations.ts';
import { byLabel, counter, gauge, histogram, type Metric } from '../telemetry/metric.ts';
import type { WriteDoor } from './write-door.ts';

/** A commit is an fsync: below a millisecond on a good disk, above a hundred on a bad one. */
const COMMIT_BOUNDS_MS = [0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000];

/** What has gone through a door since it was opened. */
export class DoorFigures {
  readonly commits = { ok: 0, failed: 0 };
  /** Appends and transactions that commits took in. */
  writes = 0;
  /** Rows of the hot tables that were handed over. */
  rows = 0;
  readonly durations = new Durations(COMMIT_BOUNDS_MS);

  commitEnded(writes: number, isGood: boolean, ms: number): void {
    if (isGood) this.commits.ok++;
    else this.commits.failed++;
    this.writes += writes;
    this.durations.note(ms);
  }
}

/** The metrics of a door. */
export function doorMetrics(door: WriteDoor): Metric[] {
  const { figures } = door;
  return [
    counter('signalbox_write_commits_total', 'Commits to the database.', () =>
      byLabel('outcome', figures.commits),
    ),
    counter(
      'signalbox_write_requests_total',
      'Writes that commits took in; divided by the commits: how many share one.',
      () => figures.writes,
    ),
    counter(
      'signalbox_write_rows_total',
      'Rows of executions, jobs, events and the like that were written.',
      () => figures.rows,
    ),
    histogram(
      'signalbox_write_commit_duration_seconds',
      'How long a commit takes, until it is on disk.',
      figures.durations,
    ),
    gauge('signalbox_write_waiting', 'Writes that wait for the next commit.', () => door.waiting),
  ];
}
