import { Column, Entity, PrimaryColumn } from 'typeorm';
import { timeColumn } from '../../platform/db/index.ts';

/** A refresh token that still works, kept as a hash; using it up deletes it. */
@Entity('refresh_tokens')
export class RefreshTokenEntity {
  @PrimaryColumn({ type: 'text' })
  id!: string;
  @Column({ name: 'user_id', type: 'text' })
  userId!: string;
  @Column({ name: 'token_hash', type: 'text' })
  tokenHash!: string;
  @Column({ ...timeColumn, name: 'expires_at' })
  expiresAt!: number;
}
