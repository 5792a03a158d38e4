import { Column, Entity, PrimaryColumn } from 'typeorm';
import { timeColumn } from '../../platform/db/index.ts';

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
  @Column({ name: 'duration_ms', type: 'real', nullable: true })
  durationMs!: number | null;
  /** Where its request, steps, logs and answer lie (`Database.payload`); null after a purge. */
  @Column({ type: 'text', nullable: true })
  payload!: string | null;
}
