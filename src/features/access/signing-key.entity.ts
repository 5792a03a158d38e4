import { Column, Entity, PrimaryColumn } from 'typeorm';
import { bytesColumn, timeColumn } from '../../platform/db/index.ts';

/** A private key we sign with, sealed with SECRETS_KEY; its id is the `kid` of what it signs. */
@Entity('signing_keys')
export class SigningKeyEntity {
  @PrimaryColumn({ type: 'text' })
  id!: string;
  @Column({ type: 'text' })
  purpose!: 'access-tokens';
  @Column({ ...bytesColumn, name: 'sealed_private_key' })
  sealedPrivateKey!: Buffer;
  @Column({ ...timeColumn, name: 'created_at' })
  createdAt!: number;
  /** From then on it signs nothing; what it signed before verifies until that has expired. */
  @Column({ ...timeColumn, name: 'retired_at', nullable: true })
  retiredAt!: number | null;
}
