/** Work that outlives its call, and a crash. */
export { type Job, type JobHandler, type NewJob, Queue } from './queue.ts';
export { EmbeddedQueue } from './queue-embedded.ts';
export { queueMetrics } from './queue-metrics.ts';
