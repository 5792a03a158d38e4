import { Column, Entity, PrimaryColumn } from 'typeorm';
import { timeColumn } from '../../platform/db/index.ts';

/** One time that a provider was asked about a notification. */
@Entity('integration_checks')
export class IntegrationCheckEntity {
  @PrimaryColumn({ name: 'notification_id', type: 'text' })
  notificationId!: string;
  @PrimaryColumn({ ...timeColumn, name: 'checked_at', nullable: false })
  checkedAt!: number;
  @Column({ type: 'text' })
  state!: string;
  @Column({ type: 'text' })
  detail!: string;
}
