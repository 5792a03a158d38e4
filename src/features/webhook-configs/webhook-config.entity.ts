import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';
import { timeColumn } from '../../platform/db/index.ts';
import type { ConfigSettings, ExecutionType, WebHookAction } from './webhook-config.rules.ts';
import type { ConfigDraft } from './webhook-config-snapshot.rules.ts';

/** A configuration as it is now; what it was is in its versions. */
@Entity('webhook_configs')
export class WebHookConfigEntity {
  @PrimaryGeneratedColumn()
  id!: number;
  @Column({ name: 'account_id', type: 'text' })
  accountId!: string;
  @Column({ name: 'config_key', type: 'text' })
  key!: string;
  @Column({ type: 'text' })
  description!: string;
  @Column({ type: 'text' })
  action!: WebHookAction;
  @Column({ type: 'text' })
  path!: string;
  /** The path with its parameters' names removed: two paths of one shape conflict. */
  @Column({ name: 'path_shape', type: 'text' })
  pathShape!: string;
  @Column({ name: 'is_enabled', type: 'boolean' })
  isEnabled!: boolean;
  @Column({ name: 'execution_type', type: 'integer' })
  executionType!: ExecutionType;
  /** Counts the saves. */
  @Column({ type: 'integer' })
  version!: number;
  /** Who saved it last: its runs act as this caller. */
  @Column({ name: 'owner_id', type: 'text' })
  ownerId!: string;
  @Column({ type: 'simple-json' })
  settings!: ConfigSettings;
  /** Beside what runs, until it is published or discarded. */
  @Column({ type: 'simple-json', nullable: true })
  draft!: ConfigDraft | null;
  @Column({ ...timeColumn, name: 'created_at' })
  createdAt!: number;
  @Column({ ...timeColumn, name: 'updated_at' })
  updatedAt!: number;
}
