import { Column, Entity, PrimaryColumn } from 'typeorm';
import { timeColumn } from '../../platform/db/index.ts';

/** What has had its effect, and never has it again: kept for good, longer than the notifications themselves. */
@Entity('integration_effects')
export class IntegrationEffectEntity {
  @PrimaryColumn({ type: 'text' })
  provider!: string;
  @PrimaryColumn({ name: 'effect_hash', type: 'text' })
  effectHash!: string;
  @Column({ name: 'notification_id', type: 'text' })
  notificationId!: string;
  @Column({ ...timeColumn, name: 'counted_at' })
  countedAt!: number;
}
