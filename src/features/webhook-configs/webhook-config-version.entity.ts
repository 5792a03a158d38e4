import { Column, Entity, PrimaryColumn } from 'typeorm';
import { timeColumn } from '../../platform/db/index.ts';
import type { ConfigSnapshot } from './webhook-config-snapshot.rules.ts';

/** What one save wrote; never changed afterwards, and kept when the configuration is deleted. */
@Entity('webhook_config_versions')
export class WebHookConfigVersionEntity {
  @PrimaryColumn({ name: 'config_id', type: 'integer' })
  configId!: number;
  @PrimaryColumn({ type: 'integer' })
  version!: number;
  @Column({ name: 'config_key', type: 'text' })
  key!: string;
  @Column({ name: 'saved_by', type: 'text' })
  savedBy!: string;
  @Column({ ...timeColumn, name: 'saved_at' })
  savedAt!: number;
  @Column({ name: 'account_id', type: 'text' })
  accountId!: string;
  /** The fields of contract §4 as they were saved. */
  @Column({ type: 'simple-json' })
  snapshot!: ConfigSnapshot;
}
