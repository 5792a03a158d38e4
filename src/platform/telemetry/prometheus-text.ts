import { setTimeout as sleep } from 'node:timers/promises';
import { collectDefaultMetrics, type Metric as PromMetric, Registry } from 'prom-client';
import { Durations } from './durations.ts';
import type { Metric, MetricValue } from './metric.ts';

/** Whatever cannot be read within this time is left out: a database that is away hides nothing else. */
const READ_MS_MAX = 1_000;
/** Whoever asks more often gets the same text: asking costs a server nothing that its callers would notice. */
const SAME_FOR_MS = 500;
/** The loop's delay is measured each 10 ms: after so long there is something to show. */
const FIRST_LOOK_MS = 25;
const MS_PER_SECOND = 1_000;

interface PromValue {
  value: number;
  labels: Readonly<Record<string, string | number>>;
  metricName?: string;
}

/** All metrics as Prometheus reads them, with those of the Node process beside ours. */
export class PrometheusText {
  readonly contentType: string;
  private readonly registry = new Registry();
  private text: Promise<string> | null = null;
  private measuresProcess = false;

  constructor(metrics: readonly Metric[]) {
    this.contentType = this.registry.contentType;
    for (const metric of metrics) this.registry.registerMetric(readWhenAsked(metric));
  }

  read(): Promise<string> {
    if (this.text === null) {
      this.text = this.collect();
      const forget = () => setTimeout(() => (this.text = null), SAME_FOR_MS).unref();
      this.text.then(forget, forget);
    }
    return this.text;
  }

  /**
   * Those of the Node process begin with the first who asks: to measure the loop's delay wakes a server a hundred times
   * a second, and an idle one takes 1.3 % of a core so, and 0.2 without.
   */
  private async collect(): Promise<string> {
    if (!this.measuresProcess) {
      this.measuresProcess = true;
      collectDefaultMetrics({ register: this.registry });
      await sleep(FIRST_LOOK_MS);
    }
    return await this.registry.metrics();
  }
}

/** The registry asks for `get` alone; the library's own classes would want to be told of each event. */
function readWhenAsked(metric: Metric): PromMetric {
  const { name, help, kind } = metric;
  const asked = {
    name,
    get: async () => ({ name, help, type: kind, aggregator: 'sum', values: await valuesOf(metric) }),
  };
  return asked as unknown as PromMetric;
}

async function valuesOf(metric: Metric): Promise<PromValue[]> {
  const value = await inTime(metric);
  if (value === null) return [];
  if (typeof value === 'number') return [{ value, labels: {} }];
  return value instanceof Durations ? bucketsOf(metric.name, value) : [...value];
}

function bucketsOf(name: string, { boundsMs, counts, sumMs }: Durations): PromValue[] {
  let count = 0;
  const buckets = counts.map((more, at) => {
    count += more;
    const bound = boundsMs[at];
    const le = bound === undefined ? '+Inf' : bound / MS_PER_SECOND;
    return { metricName: `${name}_bucket`, value: count, labels: { le } };
  });
  return [
    ...buckets,
    { metricName: `${name}_sum`, value: sumMs / MS_PER_SECOND, labels: {} },
    { metricName: `${name}_count`, value: count, labels: {} },
  ];
}

async function inTime(metric: Metric): Promise<MetricValue | null> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<null>((resolve) => {
    timer = setTimeout(resolve, READ_MS_MAX, null);
  });
  try {
    return await Promise.race([metric.read(), late]);
  } catch {
    return null;
  } finally {
    clearTimeout(timer);
  }
}
