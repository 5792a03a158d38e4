import { Column, Entity, PrimaryColumn } from 'typeorm';
import { realColumn, timeColumn } from '../../platform/db/index.ts';

/** How far an execution has come (contract §6). */
export const executionStatuses = [
  'received',
  'running',
  'succeeded',
  'failed',
  'dead',
  'ignored',
  'rejected',
] as const;
export type ExecutionStatus = (typeof executionStatuses)[number];

/** Work that is still to be done: nothing of it is deleted or erased. */
export const unfinishedStatuses = ['received', 'running'] as const satisfies readonly ExecutionStatus[];

/** The record of one call: what lists and filters need. Ids are time-ordered. */
@Entity('executions')
export class ExecutionEntity {
  @PrimaryColumn({ name: 'account_id', type: 'text' })
  accountId!: string;
  @PrimaryColumn({ type: 'text' })
  id!: string;
  @Column({ name: 'config_id', type: 'integer' })
  configId!: number;
  @Column({ name: 'config_version', type: 'integer' })
  configVersion!: number;
  @Column({ name: 'config_key', type: 'text' })
  key!: string;
  @Column({ type: 'text' })
  method!: string;
  @Column({ type: 'text' })
  path!: string;
  @Column({ type: 'text' })
  ip!: string;
  @Column({ type: 'text' })
  status!: ExecutionStatus;
  /** Why it did not succeed, machine-readable. */
  @Column({ type: 'text', nullable: true })
  code!: string | null;
  @Column({ name: 'answer_status', type: 'integer', nullable: true })
  answerStatus!: number | null;
  @Column({ ...timeColumn, name: 'received_at' })
  receivedAt!: number;
  @Column({ ...timeColumn, name: 'finished_at', nullable: true })
  finishedAt!: number | null;
  /** Milliseconds from the first byte to the recorded answer. */
  @Column({ ...realColumn, name: 'duration_ms', nullable: true })
  durationMs!: number | null;
  /** From 1; counts the tries of an asynchronous call, and the repeats of one with an idempotency key. */
  @Column({ type: 'integer', default: 1 })
  attempt!: number;
  /** When the next attempt is due; null where none is to come. */
  @Column({ ...timeColumn, name: 'next_attempt_at', nullable: true })
  nextAttemptAt!: number | null;
  @Column({ name: 'idempotency_key', type: 'text', nullable: true })
  idempotencyKey!: string | null;
  /** The execution that this one repeats on purpose. */
  @Column({ name: 'replay_of', type: 'text', nullable: true })
  replayOf!: string | null;
  /** True where a crash does not end it: a job of the queue goes on with it. */
  @Column({ name: 'is_durable', type: 'boolean', nullable: true })
  isDurable!: boolean | null;
  /** The process whose end ends it; null where the queue goes on with it, or it has ended. */
  @Column({ name: 'process_id', type: 'text', nullable: true })
  processId!: string | null;
  /** Where its request, steps, logs and answer lie (`Database.payload`); null after a purge. */
  @Column({ type: 'text', nullable: true })
  payload!: string | null;
}
