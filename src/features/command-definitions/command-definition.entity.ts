import { Column, Entity, PrimaryColumn } from 'typeorm';
import { timeColumn } from '../../platform/db/index.ts';
import type { DefinitionContent } from './command-definition.rules.ts';

/** A command that somebody has defined, as it is now; what it was is in its versions. */
@Entity('command_definitions')
export class CommandDefinitionEntity {
  @PrimaryColumn({ type: 'text' })
  id!: string;
  @Column({ name: 'account_id', type: 'text' })
  accountId!: string;
  /** Its `$type`: unique in the installation, and never changed. */
  @Column({ type: 'text' })
  name!: string;
  /** Counts the saves. */
  @Column({ type: 'integer' })
  version!: number;
  /** Who saved it last: it may no more than he may. */
  @Column({ name: 'owner_id', type: 'text' })
  ownerId!: string;
  @Column({ type: 'simple-json' })
  content!: DefinitionContent;
  @Column({ ...timeColumn, name: 'created_at' })
  createdAt!: number;
  @Column({ ...timeColumn, name: 'updated_at' })
  updatedAt!: number;
}
