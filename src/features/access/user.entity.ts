import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { Role } from '../../bus/index.ts';
import { timeColumn } from '../../platform/db/index.ts';

/** A person who signs in with a name and a password. */
@Entity('users')
export class UserEntity {
  @PrimaryColumn({ type: 'text' })
  id!: string;
  /** Null: bound to no account. */
  @Column({ name: 'account_id', type: 'text', nullable: true })
  accountId!: string | null;
  @Column({ type: 'text' })
  username!: string;
  /** Argon2id, with its own salt and parameters. */
  @Column({ name: 'password_hash', type: 'text' })
  passwordHash!: string;
  @Column({ type: 'text' })
  role!: Role;
  @Column({ name: 'is_enabled', type: 'boolean' })
  isEnabled!: boolean;
  @Column({ ...timeColumn, name: 'created_at' })
  createdAt!: number;
}
