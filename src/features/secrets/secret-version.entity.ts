import { Column, Entity, PrimaryColumn } from 'typeorm';
import { bytesColumn, timeColumn } from '../../platform/db/index.ts';

/** What one save of a secret wrote: valid from `savedAt` until `replacedAt`. */
@Entity('secret_versions')
export class SecretVersionEntity {
  @PrimaryColumn({ name: 'account_id', type: 'text' })
  accountId!: string;
  @PrimaryColumn({ type: 'text' })
  name!: string;
  @PrimaryColumn({ type: 'integer' })
  version!: number;
  @Column({ ...bytesColumn, name: 'sealed_value' })
  sealedValue!: Buffer;
  /** The keys of the configurations whose scripts read it. */
  @Column({ name: 'config_keys', type: 'simple-json' })
  configKeys!: readonly string[];
  @Column({ name: 'saved_by', type: 'text' })
  savedBy!: string;
  @Column({ ...timeColumn, name: 'saved_at' })
  savedAt!: number;
  /** When a newer one or a deletion took its place; null: it is current. */
  @Column({ ...timeColumn, name: 'replaced_at', nullable: true })
  replacedAt!: number | null;
}
