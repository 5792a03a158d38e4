import { counter, gauge, type Metric } from '../telemetry/metric.ts';
import type { DueJobs, Queue } from './queue.ts';

/** The metrics of a queue. What is due is read from the database once for all who ask within a moment. */
export function queueMetrics(queue: Queue): Metric[] {
  const { figures } = queue;
  let due: Promise<DueJobs> | null = null;
  const dueNow = () => {
    due ??= queue.due().finally(() => (due = null));
    return due;
  };
  return [
    gauge(
      'signalbox_queue_jobs_due',
      'Jobs whose time has come and that wait for a slot, counted up to 100,000.',
      async () => (await dueNow()).count,
    ),
    gauge(
      'signalbox_queue_oldest_due_age_seconds',
      'How long the oldest of them has been waiting; 0: none waits.',
      async () => (await dueNow()).oldestAgeMs / 1_000,
    ),
    gauge('signalbox_queue_jobs_running', 'Jobs that are being done.', () => queue.running),
    counter(
      'signalbox_queue_retries_total',
      'Tries that ended with another one planned.',
      () => figures.retries,
    ),
    counter(
      'signalbox_queue_stumbles_total',
      'Tries that broke off and are made again, because the database was away, say.',
      () => figures.stumbles,
    ),
  ];
}
