import { Column, Entity, PrimaryColumn } from 'typeorm';
import { timeColumn } from '../../platform/db/index.ts';

/** One command that somebody gave. */
@Entity('audit_log')
export class AuditLogEntity {
  @PrimaryColumn({ type: 'text' })
  id!: string;
  @Column({ name: 'account_id', type: 'text' })
  accountId!: string;
  @Column({ ...timeColumn })
  at!: number;
  @Column({ name: 'caller_id', type: 'text' })
  callerId!: string;
  @Column({ name: 'caller_name', type: 'text' })
  callerName!: string;
  @Column({ type: 'text' })
  command!: string;
  /** `succeeded`, or the code of the failure. */
  @Column({ type: 'text' })
  outcome!: string;
  @Column({ name: 'request_id', type: 'text', nullable: true })
  requestId!: string | null;
  @Column({ name: 'execution_id', type: 'text', nullable: true })
  executionId!: string | null;
  /** JSON, with the values of secret fields masked. */
  @Column({ type: 'text' })
  input!: string;
  @Column({ type: 'text', nullable: true })
  before!: string | null;
  @Column({ type: 'text', nullable: true })
  after!: string | null;
}
