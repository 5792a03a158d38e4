import { Column, Entity } from 'typeorm';
import { CallerEntity } from './caller.entity.ts';

/** A machine that calls us. */
@Entity('api_clients')
export class ApiClientEntity extends CallerEntity {
  @Column({ type: 'text' })
  name!: string;
  /** `environment`: the client of ADMIN_API_KEY, whose key is never stored. */
  @Column({ type: 'text' })
  origin!: 'environment' | 'command';
}
