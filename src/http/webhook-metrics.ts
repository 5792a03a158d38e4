import { Durations } from '../platform/telemetry/durations.ts';
import { byLabel, counter, gauge, histogram, type Metric } from '../platform/telemetry/metric.ts';

const BOUNDS_MS = [0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000];

/** What came to the addresses of webhooks, and how it was answered. No label names a configuration: there is no end to them. */
export class WebHookFigures {
  received = 0;
  /** By the first digit of the status. */
  private readonly answered = [0, 0, 0, 0, 0, 0];
  readonly durations = new Durations(BOUNDS_MS);
  /** Calls that nobody waited for any longer. */
  private abandoned = 0;

  note(status: number): void {
    this.answered[Math.floor(status / 100)]!++;
  }

  noteAbandoned(): void {
    this.abandoned++;
  }

  get answers(): Record<string, number> {
    const [, , ok, redirects, refusals, failures] = this.answered;
    return { '2xx': ok!, '3xx': redirects!, '4xx': refusals!, '5xx': failures!, abandoned: this.abandoned };
  }

  get inFlight(): number {
    return this.received - Object.values(this.answers).reduce((sum, count) => sum + count, 0);
  }
}

/** The metrics of webhooks as their callers see them. */
export function webHookMetrics({ figures }: { figures: WebHookFigures }): Metric[] {
  return [
    counter(
      'signalbox_webhook_requests_total',
      'Requests at the addresses of webhooks by the class of their answer; abandoned: the caller hung up before it.',
      () => byLabel('status', figures.answers),
    ),
    histogram(
      'signalbox_webhook_request_duration_seconds',
      'From the headers of a call that belongs to a webhook to its answer.',
      figures.durations,
    ),
    gauge('signalbox_webhook_requests_in_flight', 'Of these, not yet answered.', () => figures.inFlight),
  ];
}
