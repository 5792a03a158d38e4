/** Work that outlives its call, and a crash. */
export { type BegunJob, type Job, type JobHandler, type NewJob, Queue } from './queue.ts';
export { EmbeddedQueue } from './queue-embedded.ts';
export { PostgresQueue } from './queue-postgres.ts';
export { queueMetrics } from './queue-metrics.ts';
