import type { Durations } from './durations.ts';

/** One value of a metric; labels have few values, all known beforehand. */
export interface Sample {
  value: number;
  labels: Readonly<Record<string, string>>;
}

/** Something an operator watches. It is counted where the work happens, in plain numbers, and looked at when somebody asks. */
export interface Metric {
  kind: 'counter' | 'gauge' | 'histogram';
  /** Begins with `signalbox_`. */
  name: string;
  help: string;
  read(): MetricValue | Promise<MetricValue>;
}

export type MetricValue = number | readonly Sample[] | Durations;

/** What only ever grows. */
export function counter(name: string, help: string, read: Metric['read']): Metric {
  return { kind: 'counter', name, help, read };
}

/** What rises and falls. */
export function gauge(name: string, help: string, read: Metric['read']): Metric {
  return { kind: 'gauge', name, help, read };
}

/** How long something takes. */
export function histogram(name: string, help: string, durations: Durations): Metric {
  return { kind: 'histogram', name, help, read: () => durations };
}

/** Counts by name as the values of one label. */
export function byLabel(label: string, counts: Readonly<Record<string, number>>): Sample[] {
  return Object.entries(counts).map(([name, value]) => ({ value, labels: { [label]: name } }));
}
