import { Column, Entity, PrimaryColumn } from 'typeorm';
import { timeColumn } from '../../platform/db/index.ts';
import type { VerificationState } from './provider.ts';

/** `pending`: not settled yet. `counted`: it had its effect. `duplicate`: another one had it. `refuted`, `unconfirmed`: nobody said that it is true. `noted`: it may have none. */
export const notificationOutcomes = [
  'pending',
  'counted',
  'duplicate',
  'refuted',
  'unconfirmed',
  'noted',
] as const;
export type NotificationOutcome = (typeof notificationOutcomes)[number];

/** One notification of a provider, once for each time that it is not a repeat. */
@Entity('integration_notifications')
export class IntegrationNotificationEntity {
  @PrimaryColumn({ name: 'account_id', type: 'text' })
  accountId!: string;
  @PrimaryColumn({ type: 'text' })
  id!: string;
  @Column({ type: 'text' })
  provider!: string;
  @Column({ type: 'text' })
  kind!: string;
  /** The hash of what its repeats have in common. */
  @Column({ name: 'receipt_hash', type: 'text' })
  receiptHash!: string;
  /** The hash of what has its effect once. */
  @Column({ name: 'effect_hash', type: 'text', nullable: true })
  effectHash!: string | null;
  @Column({ name: 'provider_id', type: 'text', nullable: true })
  providerId!: string | null;
  @Column({ name: 'config_key', type: 'text', nullable: true })
  configKey!: string | null;
  @Column({ type: 'text' })
  state!: VerificationState;
  @Column({ type: 'text' })
  outcome!: NotificationOutcome;
  /** Why it is as it is. */
  @Column({ type: 'text', nullable: true })
  detail!: string | null;
  @Column({ type: 'text', nullable: true })
  ip!: string | null;
  @Column({ ...timeColumn, name: 'received_at' })
  receivedAt!: number;
  @Column({ ...timeColumn, name: 'settled_at', nullable: true })
  settledAt!: number | null;
  @Column({ name: 'event_id', type: 'text', nullable: true })
  eventId!: string | null;
  @Column({ name: 'execution_id', type: 'text', nullable: true })
  executionId!: string | null;
  /** The notification that had the effect, where this one did not. */
  @Column({ name: 'duplicate_of', type: 'text', nullable: true })
  duplicateOf!: string | null;
  /** Where its fields, its data and its bytes lie (`Database.payload`). */
  @Column({ type: 'text', nullable: true })
  payload!: string | null;
}
