import { Injectable } from '@nestjs/common';
import { In } from 'typeorm';
import { type Caller, permissionsOfRole, type Reach } from '../../bus/index.ts';
import { Database } from '../../platform/db/index.ts';
import { ApiClientEntity } from './api-client.entity.ts';
import type { CallerEntity } from './caller.entity.ts';
import { UserEntity } from './user.entity.ts';

/** The account in which a caller acts who is bound to none. */
const DEFAULT_ACCOUNT = 'default';

/** Deletions in a row, each naming the next. */
const HEIRS_MAX = 1_000;

interface KnownCaller {
  caller: Caller;
  isEnabled: boolean;
  generation: number;
  heirId: string | null;
}

/** Everybody who may act, with the permissions of this moment; work that a webhook runs looks its owner up here. */
@Injectable()
export class Callers {
  private readonly byId = new Map<string, KnownCaller>();
  /** Counts the changes: whoever was looked up before one may be somebody else by now. */
  changes = 0;

  constructor(private readonly database: Database) {}

  /** Reads all of them anew. */
  async reload(): Promise<void> {
    const users = await this.database.read.find(UserEntity);
    const clients = await this.database.read.find(ApiClientEntity);
    this.byId.clear();
    for (const entity of [...users, ...clients]) this.put(entity);
  }

  /** Keeps them as other processes change them. */
  follow(): void {
    for (const [table, entity] of [
      ['users', UserEntity],
      ['api_clients', ApiClientEntity],
    ] as const)
      this.database.changes.follow(table, async (tx, ids) => {
        const where = ids && { id: In([...ids]) };
        const found = await tx.manager.find<UserEntity | ApiClientEntity>(entity, {
          ...(where && { where }),
        });
        // Who is deleted keeps his row, and says so in it.
        tx.afterCommit(() => found.forEach((one) => this.put(one)));
      });
  }

  /** As it is since the commit: holds from the next request on. */
  put(entity: UserEntity | ApiClientEntity): void {
    const { id, isEnabled, generation, heirId } = entity;
    this.changes += 1;
    this.byId.set(id, { caller: callerOf(entity), isEnabled, generation, heirId });
  }

  /** Whoever acts for that caller now: itself, or its heir when it was deleted; null: nobody does. */
  find(id: string): Caller | null {
    let known = this.byId.get(id);
    // An heir is alive when it is named, so that there is no way around in a circle: bounded all the same.
    for (let hops = 0; known && known.heirId !== null && hops < HEIRS_MAX; hops++)
      known = this.byId.get(known.heirId);
    return known?.isEnabled ? known.caller : null;
  }

  /** The caller of that id itself, where it may act and its credentials are of this generation. */
  present(id: string, generation?: number): Caller | null {
    const known = this.byId.get(id);
    if (!known?.isEnabled || (generation !== undefined && known.generation !== generation)) return null;
    return known.caller;
  }

  generationOf(id: string): number {
    return this.byId.get(id)?.generation ?? 0;
  }
}

/** How far the access of a user or a client goes. */
export function reachOf({ role, permissions, accountId }: Omit<CallerEntity, 'id'>): Reach {
  return {
    isAccountBound: accountId !== null,
    permissions: role === 'custom' ? new Set(permissions) : permissionsOfRole[role],
  };
}

/** Who an entity is when it acts. */
export function callerOf(entity: UserEntity | ApiClientEntity): Caller {
  const isUser = entity instanceof UserEntity;
  return {
    id: entity.id,
    kind: isUser ? 'user' : 'client',
    name: isUser ? entity.username : entity.name,
    accountId: entity.accountId ?? DEFAULT_ACCOUNT,
    ...reachOf(entity),
  };
}
