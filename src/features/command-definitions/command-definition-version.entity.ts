import { Column, Entity, PrimaryColumn } from 'typeorm';
import { timeColumn } from '../../platform/db/index.ts';
import type { DefinitionContent } from './command-definition.rules.ts';

/** What one save wrote; never changed afterwards: work that began with it ends with it. */
@Entity('command_definition_versions')
export class CommandDefinitionVersionEntity {
  @PrimaryColumn({ name: 'definition_id', type: 'text' })
  definitionId!: string;
  @PrimaryColumn({ type: 'integer' })
  version!: number;
  @Column({ name: 'account_id', type: 'text' })
  accountId!: string;
  @Column({ type: 'text' })
  name!: string;
  @Column({ name: 'saved_by', type: 'text' })
  savedBy!: string;
  @Column({ ...timeColumn, name: 'saved_at' })
  savedAt!: number;
  @Column({ type: 'simple-json' })
  content!: DefinitionContent;
}
