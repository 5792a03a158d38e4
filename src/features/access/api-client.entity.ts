import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { Role } from '../../bus/index.ts';
import { timeColumn } from '../../platform/db/index.ts';

/** A machine that calls us. */
@Entity('api_clients')
export class ApiClientEntity {
  @PrimaryColumn({ type: 'text' })
  id!: string;
  @Column({ name: 'account_id', type: 'text', nullable: true })
  accountId!: string | null;
  @Column({ type: 'text' })
  name!: string;
  /** `environment`: the client of ADMIN_API_KEY, whose key is never stored. */
  @Column({ type: 'text' })
  origin!: 'environment';
  @Column({ type: 'text' })
  role!: Role;
  @Column({ name: 'is_enabled', type: 'boolean' })
  isEnabled!: boolean;
  @Column({ ...timeColumn, name: 'created_at' })
  createdAt!: number;
}
