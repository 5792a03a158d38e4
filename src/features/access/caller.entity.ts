import { Column, PrimaryColumn } from 'typeorm';
import type { Permission, Role } from '../../bus/index.ts';
import { timeColumn } from '../../platform/db/index.ts';

/** What a user and an API client have in common. */
export abstract class CallerEntity {
  @PrimaryColumn({ type: 'text' })
  id!: string;
  /** Null: bound to no account. */
  @Column({ name: 'account_id', type: 'text', nullable: true })
  accountId!: string | null;
  /** `custom`: the permissions are named one by one. */
  @Column({ type: 'text' })
  role!: Role | 'custom';
  @Column({ type: 'simple-json', nullable: true })
  permissions!: Permission[] | null;
  @Column({ name: 'is_enabled', type: 'boolean' })
  isEnabled!: boolean;
  /** Counts what makes the tokens so far worthless: a new password or secret, a withdrawal. */
  @Column({ type: 'integer' })
  generation!: number;
  @Column({ ...timeColumn, name: 'created_at' })
  createdAt!: number;
  /** A deleted caller is kept, so that the audit log and old versions name somebody. */
  @Column({ ...timeColumn, name: 'deleted_at', nullable: true })
  deletedAt!: number | null;
  /** Who acts in the work of one that was deleted. */
  @Column({ name: 'heir_id', type: 'text', nullable: true })
  heirId!: string | null;
}
