/** One metric as Prometheus reads it. */
export interface ReadMetric {
  type: string;
  help: string;
  /** Each value by its name and labels as they stand: `name{label="value"}`. */
  values: Map<string, number>;
}

const sampleForm =
  /^([a-zA-Z_:][\w:]*)(\{(?:[a-zA-Z_]\w*="(?:[^"\\]|\\.)*",?)*\})? (Nan|[+-]?(?:Inf|[\d.e+-]+))$/;

/** Reads the text format 0.0.4 strictly. @throws where a line is none of it. */
export function readMetrics(text: string): Map<string, ReadMetric> {
  const metrics = new Map<string, ReadMetric>();
  let current = '';
  for (const line of text.split('\n').filter((each) => each !== '')) {
    const comment = /^# (HELP|TYPE) (\S+) (.+)$/.exec(line);
    if (comment) {
      const [, what, name, rest] = comment as unknown as [string, 'HELP' | 'TYPE', string, string];
      if (what === 'HELP' && metrics.has(name)) throw new Error(`${name} stands there twice`);
      current = name;
      const metric = metrics.get(name) ?? { type: '', help: '', values: new Map<string, number>() };
      metrics.set(name, what === 'HELP' ? { ...metric, help: rest } : { ...metric, type: rest });
      continue;
    }
    const sample = sampleForm.exec(line);
    const base = sample?.[1]?.replace(/_(bucket|sum|count)$/, '');
    if (!sample || (sample[1] !== current && base !== current))
      throw new Error(`No line of metrics: ${line}`);
    metrics.get(current)!.values.set(`${sample[1]}${sample[2] ?? ''}`, Number(sample[3]));
  }
  return metrics;
}

/** The value of one series; absent: 0. */
export function valueOf(text: string, series: string): number {
  for (const { values } of readMetrics(text).values()) if (values.has(series)) return values.get(series)!;
  return 0;
}

/** The names of metrics in a query: without the endings of a histogram's series. */
export function metricNamesIn(query: string): string[] {
  return [...query.matchAll(/\b(signalbox|nodejs|process)_\w+/g)].map(([name]) =>
    name.replace(/(_duration_seconds)_(bucket|sum|count)$/, '$1'),
  );
}
