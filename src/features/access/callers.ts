import { Injectable } from '@nestjs/common';
import { type Caller, permissionsOfRole } from '../../bus/index.ts';
import { Database } from '../../platform/db/index.ts';
import { ApiClientEntity } from './api-client.entity.ts';
import { UserEntity } from './user.entity.ts';

/** The account in which a caller acts who is bound to none. */
export const DEFAULT_ACCOUNT = 'default';

/** Everybody who may act, with the permissions of this moment; work that a webhook runs looks its owner up here. */
@Injectable()
export class Callers {
  private byId = new Map<string, Caller>();

  constructor(private readonly database: Database) {}

  /** Reads all of them anew; called at start and after each change. */
  async reload(): Promise<void> {
    const users = await this.database.read.findBy(UserEntity, { isEnabled: true });
    const clients = await this.database.read.findBy(ApiClientEntity, { isEnabled: true });
    this.byId = new Map([
      ...users.map((user) => [user.id, asCaller(user, 'user', user.username)] as const),
      ...clients.map((client) => [client.id, asCaller(client, 'client', client.name)] as const),
    ]);
  }

  /** The caller, or null when there is none of that id or it is disabled. */
  find(id: string): Caller | null {
    return this.byId.get(id) ?? null;
  }
}

function asCaller(entity: UserEntity | ApiClientEntity, kind: Caller['kind'], name: string): Caller {
  return {
    id: entity.id,
    kind,
    name,
    accountId: entity.accountId ?? DEFAULT_ACCOUNT,
    isAccountBound: entity.accountId !== null,
    permissions: permissionsOfRole[entity.role],
  };
}
