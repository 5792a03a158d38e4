import performanceHooks from 'node:perf_hooks';
import { describe, expect, it, vi } from 'vitest';
import { readMetrics, valueOf } from '../../../test/support/metrics-text.ts';
import { Durations } from './durations.ts';
import { byLabel, counter, gauge, histogram } from './metric.ts';
import { PrometheusText } from './prometheus-text.ts';

describe('Metrics as Prometheus reads them', () => {
  it('count durations up to each bound, in seconds', async () => {
    const durations = new Durations([10, 100]);
    for (const ms of [1, 10, 11, 5_000]) durations.note(ms);
    const text = await new PrometheusText([histogram('signalbox_x_seconds', 'x', durations)]).read();
    const { type, values } = readMetrics(text).get('signalbox_x_seconds')!;
    expect(type).toBe('histogram');
    expect(Object.fromEntries(values)).toStrictEqual({
      'signalbox_x_seconds_bucket{le="0.01"}': 2,
      'signalbox_x_seconds_bucket{le="0.1"}': 3,
      'signalbox_x_seconds_bucket{le="+Inf"}': 4,
      signalbox_x_seconds_sum: 5.022,
      signalbox_x_seconds_count: 4,
    });
  });

  it('have a value for each name of a label', async () => {
    const text = await new PrometheusText([
      counter('signalbox_x_total', 'x', () => byLabel('kind', { a: 1, 'b"\n\\': 2 })),
    ]).read();
    expect(valueOf(text, 'signalbox_x_total{kind="a"}')).toBe(1);
    expect(valueOf(text, String.raw`signalbox_x_total{kind="b\"\n\\"}`)).toBe(2);
  });

  it('leave out what cannot be read, and what does not come in time', async () => {
    const text = await new PrometheusText([
      gauge('signalbox_broken', 'x', () => Promise.reject(new Error('away'))),
      gauge('signalbox_late', 'x', () => new Promise<number>(() => undefined)),
      gauge('signalbox_fine', 'x', () => 7),
    ]).read();
    const metrics = readMetrics(text);
    expect(metrics.get('signalbox_broken')!.values.size).toBe(0);
    expect(metrics.get('signalbox_late')!.values.size).toBe(0);
    expect(valueOf(text, 'signalbox_fine')).toBe(7);
  });

  it('are read once for all who ask within a moment', async () => {
    let reads = 0;
    const page = new PrometheusText([gauge('signalbox_reads', 'x', () => ++reads)]);
    const texts = await Promise.all([page.read(), page.read(), page.read()]);
    expect(new Set(texts).size).toBe(1);
    expect(reads).toBe(1);
  });

  it('bring those of the process along', async () => {
    const text = await new PrometheusText([]).read();
    expect(readMetrics(text).get('process_cpu_seconds_total')?.type).toBe('counter');
    // Also the first who asks is told something.
    expect(valueOf(text, 'nodejs_eventloop_lag_p99_seconds')).toBeGreaterThan(0);
    expect(valueOf(text, 'nodejs_eventloop_lag_min_seconds')).toBeLessThan(10);
  });

  it('measure nothing until somebody asks', async () => {
    const started = vi.spyOn(performanceHooks, 'monitorEventLoopDelay');
    try {
      const page = new PrometheusText([]);
      expect(started).not.toHaveBeenCalled();
      await page.read();
      await page.read();
      expect(started).toHaveBeenCalledOnce();
    } finally {
      started.mockRestore();
    }
  });
});
