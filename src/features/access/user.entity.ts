import { Column, Entity } from 'typeorm';
import { CallerEntity } from './caller.entity.ts';

/** A person who signs in with a name and a password. */
@Entity('users')
export class UserEntity extends CallerEntity {
  @Column({ type: 'text' })
  username!: string;
  /** Argon2id, with its own salt and parameters. */
  @Column({ name: 'password_hash', type: 'text' })
  passwordHash!: string;
}
