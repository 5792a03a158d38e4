import { Column, Entity, PrimaryColumn } from 'typeorm';
import { timeColumn } from '../../platform/db/index.ts';

/** Something that happened. Ids are time-ordered; an event never changes. */
@Entity('events')
export class EventEntity {
  @PrimaryColumn({ name: 'account_id', type: 'text' })
  accountId!: string;
  @PrimaryColumn({ type: 'text' })
  id!: string;
  @Column({ type: 'text' })
  type!: string;
  /** Where its payload lies (`Database.payload`). */
  @Column({ type: 'text' })
  payload!: string;
  @Column({ ...timeColumn, name: 'occurred_at' })
  occurredAt!: number;
  /** Who published it; null: the house itself. */
  @Column({ name: 'caller_id', type: 'text', nullable: true })
  callerId!: string | null;
  /** The execution in which it was published. */
  @Column({ name: 'execution_id', type: 'text', nullable: true })
  executionId!: string | null;
  /** True: it is stored and goes to nobody. */
  @Column({ name: 'deliveries_disabled', type: 'boolean' })
  deliveriesDisabled!: boolean;
  /** What its publisher named it, once for each account. */
  @Column({ name: 'idempotency_key', type: 'text', nullable: true })
  idempotencyKey!: string | null;
  /** Tells whether a second event of the same key is the same one. */
  @Column({ type: 'text', nullable: true })
  fingerprint!: string | null;
}
