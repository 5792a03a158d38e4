import { Column, Entity, PrimaryColumn } from 'typeorm';
import { timeColumn } from '../../platform/db/index.ts';

/** How an API client proves who it is; what it shows is kept as a hash. */
@Entity('client_credentials')
export class ClientCredentialEntity {
  @PrimaryColumn({ type: 'text' })
  id!: string;
  @Column({ name: 'client_id', type: 'text' })
  clientId!: string;
  @Column({ type: 'text' })
  kind!: CredentialKind;
  /** SHA-256, hexadecimal: the secret has 256 random bits, so that nothing slower is needed. */
  @Column({ name: 'secret_hash', type: 'text' })
  secretHash!: string;
  @Column({ ...timeColumn, name: 'created_at' })
  createdAt!: number;
  /** Set when another has taken its place. */
  @Column({ ...timeColumn, name: 'expires_at', nullable: true })
  expiresAt!: number | null;
}

/** `api-key`: sent with each request. `client-secret`: traded for tokens at `/oauth/token`. */
export type CredentialKind = 'api-key' | 'client-secret';
