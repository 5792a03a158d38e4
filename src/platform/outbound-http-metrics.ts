import { Durations } from './telemetry/durations.ts';
import { byLabel, counter, histogram, type Metric } from './telemetry/metric.ts';
import { Tally } from './telemetry/tally.ts';
import type { OutboundHttp, OutboundResult } from './outbound-http.ts';

const outcomes = [
  ...(['1xx', '2xx', '3xx', '4xx', '5xx'] as const),
  ...(['refused', 'timeout', 'aborted', 'dns', 'connection', 'tls', 'protocol', 'encoding'] as const),
] as const;
type Outcome = (typeof outcomes)[number];

const EXCHANGE_BOUNDS_MS = [5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000, 60_000];

/** What was asked of other systems since the start. */
export class OutboundFigures {
  readonly exchanges = new Tally<Outcome>(outcomes);
  readonly durations = new Durations(EXCHANGE_BOUNDS_MS);

  ended(result: OutboundResult, ms: number): void {
    this.exchanges.add(outcomeOf(result));
    // What was never sent took no time of anybody's.
    if (result.kind !== 'refused') this.durations.note(ms);
  }
}

function outcomeOf(result: OutboundResult): Outcome {
  if (result.kind === 'refused') return 'refused';
  if (result.kind === 'failed') return result.reason;
  const statusClass = `${Math.floor(result.status / 100)}xx`;
  return outcomes.find((outcome) => outcome === statusClass) ?? 'protocol';
}

/** The metrics of the way out. */
export function outboundMetrics({ figures }: OutboundHttp): Metric[] {
  return [
    counter(
      'signalbox_outbound_requests_total',
      'HTTP requests to other systems, by the class of their answer or why there was none.',
      () => byLabel('outcome', figures.exchanges.counts),
    ),
    histogram(
      'signalbox_outbound_request_duration_seconds',
      'How long they take, those that failed included and those that were refused not.',
      figures.durations,
    ),
  ];
}
