import { byLabel, counter, gauge, type Metric } from '../../platform/telemetry/metric.ts';
import { Tally } from '../../platform/telemetry/tally.ts';
import type { ExpressionPool } from './expression-pool.ts';
import type { ExpressionOutcome } from './expression-program.ts';

const outcomes = [
  'done',
  'unparsable',
  'unavailable',
  'running-time',
  'memory',
  'result-size',
  'depth',
] as const;
const reasons = ['running-time', 'lost'] as const;

/** Why a worker was killed. */
export type ExpressionKillReason = (typeof reasons)[number];

/** What a pool is doing now. */
export interface ExpressionPoolStats {
  workers: number;
  busy: number;
  queued: number;
}

/** What has happened in a pool since it started. */
export class ExpressionFigures {
  readonly evaluations = new Tally<(typeof outcomes)[number]>(outcomes);
  readonly kills = new Tally<ExpressionKillReason>(reasons);
  restarts = 0;

  noteOutcome(outcome: ExpressionOutcome): void {
    this.evaluations.add(outcome.kind === 'limit' ? outcome.limit : outcome.kind);
  }
}

/** The metrics of a pool. */
export function expressionMetrics(pool: ExpressionPool): Metric[] {
  const { figures } = pool;
  return [
    counter(
      'signalbox_expression_evaluations_total',
      'Evaluations of the expressions and schemas of a call, by how they ended; limits by their name.',
      () => byLabel('outcome', figures.evaluations.counts),
    ),
    gauge(
      'signalbox_expression_workers',
      'Processes that evaluate expressions; none until one is needed.',
      () => pool.stats().workers,
    ),
    gauge('signalbox_expression_workers_busy', 'Of these, the ones at work.', () => pool.stats().busy),
    gauge(
      'signalbox_expression_evaluations_waiting',
      'Evaluations that wait for a worker.',
      () => pool.stats().queued,
    ),
    counter(
      'signalbox_expression_worker_kills_total',
      'Expression workers that were killed, by reason.',
      () => byLabel('reason', figures.kills.counts),
    ),
    counter(
      'signalbox_expression_worker_restarts_total',
      'Expression workers that went away by themselves.',
      () => figures.restarts,
    ),
  ];
}
