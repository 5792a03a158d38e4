import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { IsNull } from 'typeorm';
import { Clock } from '../../platform/clock.ts';
import { Database } from '../../platform/db/index.ts';
import { newId } from '../../platform/ids.ts';
import { ApiClientEntity } from './api-client.entity.ts';
import { hashPassword } from './passwords.ts';
import { UserEntity } from './user.entity.ts';

const ADMIN_NAME = 'admin';

/** Of those that nobody has made: everything, everywhere. */
const first = {
  accountId: null,
  role: 'admin',
  permissions: null,
  isEnabled: true,
  generation: 1,
  deletedAt: null,
  heirId: null,
} as const;

/** The admin user. */
export interface FirstAdmin {
  /** Set where this start made the password up. */
  generatedPassword: string | null;
  /** Null where nobody is left who may everything everywhere. */
  adminId: string | null;
}

/** Makes sure that somebody can get in: the admin user of the first start, and the client of ADMIN_API_KEY. */
@Injectable()
export class FirstAccess {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
  ) {}

  /** A password in the environment counts at the first start only: later ones are changed by command. */
  async ensureAdmin(adminPassword: string | null): Promise<FirstAdmin> {
    // Whoever deletes or renames that user meant it: only an installation without people gets one.
    if (await this.database.read.existsBy(UserEntity, {}))
      return { generatedPassword: null, adminId: await this.someAdmin() };
    const generatedPassword = adminPassword === null ? randomBytes(12).toString('base64url') : null;
    const admin: UserEntity = {
      id: newId('usr'),
      ...first,
      username: ADMIN_NAME,
      passwordHash: await hashPassword(adminPassword ?? generatedPassword ?? ''),
      createdAt: this.clock.now(),
    };
    const isOurs = await this.database.door.transaction(async (tx) => {
      // Another process may have started on the same empty database meanwhile.
      if (await tx.manager.existsBy(UserEntity, {})) return false;
      await tx.manager.insert(UserEntity, admin);
      return true;
    });
    return isOurs
      ? { generatedPassword, adminId: admin.id }
      : { generatedPassword: null, adminId: await this.someAdmin() };
  }

  private async someAdmin(): Promise<string | null> {
    const admin = await this.database.read.findOne(UserEntity, {
      where: { role: 'admin', isEnabled: true, accountId: IsNull() },
      order: { id: 'ASC' },
    });
    return admin?.id ?? null;
  }

  /** @returns the id of the client that ADMIN_API_KEY speaks for; the key itself is never stored. */
  async ensureClient(): Promise<string> {
    const known = await this.database.read.findOneBy(ApiClientEntity, { origin: 'environment' });
    if (known) return known.id;
    const client: ApiClientEntity = {
      id: newId('cli'),
      ...first,
      name: 'ADMIN_API_KEY',
      origin: 'environment',
      createdAt: this.clock.now(),
    };
    return await this.database.door.transaction(async (tx) => {
      const other = await tx.manager.findOneBy(ApiClientEntity, { origin: 'environment' });
      if (!other) await tx.manager.insert(ApiClientEntity, client);
      return (other ?? client).id;
    });
  }
}
