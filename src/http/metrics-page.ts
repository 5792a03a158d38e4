import { Injectable } from '@nestjs/common';
import type { Metric } from '../platform/telemetry/metric.ts';
import { PrometheusText } from '../platform/telemetry/prometheus-text.ts';

/** What stands at `/metrics`, and who may read it. */
@Injectable()
export class MetricsPage {
  private prometheus: PrometheusText | null = null;

  /** @param token null: everybody may. */
  constructor(readonly token: string | null) {}

  /** Before the server listens: the parts that are watched are all there then. */
  show(metrics: readonly Metric[]): void {
    this.prometheus = new PrometheusText(metrics);
  }

  async read(): Promise<{ contentType: string; text: string }> {
    const { contentType } = this.prometheus!;
    return { contentType, text: await this.prometheus!.read() };
  }
}
