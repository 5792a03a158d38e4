import { counter, type Metric, type Sample } from '../../platform/telemetry/metric.ts';

/** What providers' calls came to since the start. */
export class NotificationFigures {
  private readonly counts: ReadonlyMap<string, { accepted: number; refused: number }>;

  constructor(providers: readonly string[]) {
    this.counts = new Map(providers.map((provider) => [provider, { accepted: 0, refused: 0 }]));
  }

  accepted(provider: string, notifications: number): void {
    this.counts.get(provider)!.accepted += notifications;
  }

  refused(provider: string): void {
    this.counts.get(provider)!.refused++;
  }

  get samples(): Sample[] {
    return [...this.counts].flatMap(([provider, counts]) =>
      Object.entries(counts).map(([result, value]) => ({ value, labels: { provider, result } })),
    );
  }
}

/** The metrics of fixed endpoints. */
export function notificationMetrics({ figures }: { figures: NotificationFigures }): Metric[] {
  return [
    counter(
      'signalbox_integration_notifications_total',
      'Notifications by provider: accepted, repeats included, or refused.',
      () => figures.samples,
    ),
  ];
}
