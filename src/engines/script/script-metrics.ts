/** What an operator sees of the scripts. */
import { byLabel, counter, gauge, type Metric } from '../../platform/telemetry/metric.ts';
import { Tally } from '../../platform/telemetry/tally.ts';
import type { ScriptPool } from './script-pool.ts';
import type { ScriptLimitName, ScriptVerdict } from './script-run.ts';

const limits = ['running-time', 'total-time', 'memory', 'calls', 'result-size'] as const;
const outcomes = ['returned', 'responded', 'threw', 'unparsable-body', 'unavailable', ...limits] as const;
const reasons = ['running-time', 'total-time', 'memory', 'lost', 'other'] as const;

/** Why a worker was killed: the limit that its script reached, or that it was lost. */
export type KillReason = (typeof reasons)[number];

/** What has happened in a pool since it started. */
export class ScriptFigures {
  readonly runs = new Tally<Exclude<ScriptVerdict['kind'], 'limit'> | ScriptLimitName>(outcomes);
  readonly kills = new Tally<KillReason>(reasons);
  restarts = 0;

  noteRun(verdict: ScriptVerdict): void {
    this.runs.add(verdict.kind === 'limit' ? verdict.limit : verdict.kind);
  }
}

/** Why the worker of a run that was stopped is killed. */
export function killReasonOf(verdict: ScriptVerdict): KillReason {
  const limit = verdict.kind === 'limit' ? verdict.limit : 'other';
  return reasons.find((reason) => reason === limit) ?? 'other';
}

/** The metrics of a pool. */
export function scriptMetrics(pool: ScriptPool): Metric[] {
  const { figures } = pool;
  return [
    counter('signalbox_script_runs_total', 'Script runs that ended, by how; limits by their name.', () =>
      byLabel('outcome', figures.runs.counts),
    ),
    gauge(
      'signalbox_script_workers',
      'Processes that run scripts; one until there is a script.',
      () => pool.stats().workers,
    ),
    gauge('signalbox_script_workers_busy', 'Of these, the ones with a run.', () => pool.stats().busy),
    gauge('signalbox_script_runs_waiting', 'Script runs that wait for a worker.', () => pool.stats().queued),
    counter('signalbox_script_worker_kills_total', 'Script workers that were killed, by reason.', () =>
      byLabel('reason', figures.kills.counts),
    ),
    counter(
      'signalbox_script_worker_restarts_total',
      'Script workers that went away by themselves.',
      () => figures.restarts,
    ),
  ];
}
