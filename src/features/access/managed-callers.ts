import { Injectable } from '@nestjs/common';
import { type FindOptionsWhere, IsNull } from 'typeorm';
import { accountOf, type Caller, mayNoMoreThan, permissionMissing, type Reach } from '../../bus/index.ts';
import { Clock } from '../../platform/clock.ts';
import type { Tx } from '../../platform/db/index.ts';
import { ApiClientEntity } from './api-client.entity.ts';
import { callerNotFound, exceedsOwn, heirUnfit, ownAccess, stillActing } from './caller.errors.ts';
import type { Grant } from './caller-fields.ts';
import { callerOf, Callers, reachOf } from './callers.ts';
import { OwnedWork } from './owned-work.ts';
import { UserEntity } from './user.entity.ts';

type Managed = UserEntity | ApiClientEntity;

const MANAGE = 'access:manage';

/** Changes to users and clients, as far as whoever makes them may. */
@Injectable()
export class ManagedCallers {
  constructor(
    private readonly callers: Callers,
    private readonly work: OwnedWork,
    private readonly clock: Clock,
  ) {}

  /** Which of them somebody sees: those of his account where he is bound to one. */
  seenBy({ isAccountBound, accountId }: Caller): FindOptionsWhere<Managed> {
    return { deletedAt: IsNull(), ...(isAccountBound && { accountId }) };
  }

  /** One that is to be changed. @throws AppError 404 as for one that there is not, 403 where it may more than the manager. */
  async mustFind<E extends Managed>(
    { manager }: Pick<Tx, 'manager'>,
    entity: new () => E,
    id: string,
    by: Caller,
  ): Promise<E> {
    await this.mustStillManage({ manager }, by);
    const where = { ...this.seenBy(by), id } as FindOptionsWhere<E>;
    const found = await manager.findOneBy(entity, where);
    if (!found) throw callerNotFound((entity as unknown) === UserEntity ? 'user' : 'client');
    this.refuseMore(reachOf(found), by);
    return found;
  }

  /**
   * Asked where the change is made: another one, of the same commit even, may have taken the manager's access. Two who
   * take it from each other would else leave nobody. @throws AppError 403.
   */
  async mustStillManage(tx: Pick<Tx, 'manager'>, { id }: Caller): Promise<void> {
    const now = await present(tx, id);
    if (!now?.permissions.has(MANAGE)) throw permissionMissing(MANAGE);
  }

  /** The account of a new caller: that of its maker, unless he is bound to none. @throws AppError 403 for what he does not have himself, 404 for an account that is not his. */
  granted(grant: Grant, named: string | undefined, by: Caller) {
    const accountId = named === undefined && !by.isAccountBound ? null : accountOf(by, named);
    const made = {
      ...grant,
      accountId,
      generation: 1,
      deletedAt: null,
      heirId: null,
      createdAt: this.clock.now(),
    };
    this.refuseMore(reachOf({ ...made, isEnabled: true }), by);
    return made;
  }

  /** @throws AppError 403 for what the manager does not have himself, 409 for his own access. */
  change(target: Managed, change: { grant: Grant | null; isEnabled: boolean | undefined }, by: Caller): void {
    const { grant, isEnabled } = change;
    if (target.id === by.id && (grant || isEnabled === false)) throw ownAccess();
    if (grant) {
      Object.assign(target, grant);
      this.refuseMore(reachOf(target), by);
    }
    if (isEnabled !== undefined) target.isEnabled = isEnabled;
  }

  /** Deletes one; its work goes to the heir. @throws AppError 409 where work acts as it and nobody is named, or one who cannot. */
  async delete(tx: Tx, target: Managed, heirId: string | undefined, by: Caller): Promise<void> {
    if (target.id === by.id) throw ownAccess();
    if (heirId === undefined) {
      const works = await this.work.actingAs(tx, target.id);
      if (works.length > 0) throw stillActing(works);
    } else {
      await this.work.reassign(tx, target.id, await this.heir(tx, { heirId, target, by }));
    }
    target.isEnabled = false;
    target.generation += 1;
    target.deletedAt = this.clock.now();
    target.heirId = heirId ?? null;
  }

  async store(tx: Tx, target: Managed): Promise<void> {
    await tx.manager.save(target);
    tx.afterCommit(() => this.callers.put(target));
  }

  /** Somebody who may act, whom the manager sees, and who may no more than he: what is handed over is the old one's, not the heir's. */
  private async heir(tx: Tx, { heirId, target, by }: Inheritance): Promise<Caller> {
    const heir = heirId === target.id ? null : await present(tx, heirId);
    if (!heir || (by.isAccountBound && !isOf(heir, by.accountId)))
      throw heirUnfit('names nobody who may act');
    this.refuseMore(heir, by);
    return heir;
  }

  private refuseMore(reach: Reach, by: Caller): void {
    if (!mayNoMoreThan(reach, by)) throw exceedsOwn();
  }
}

interface Inheritance {
  heirId: string;
  target: Managed;
  by: Caller;
}

/** Whoever may act under this id as of the transaction: memory learns of a commit only after it. */
async function present({ manager }: Pick<Tx, 'manager'>, id: string): Promise<Caller | null> {
  const where = { id, isEnabled: true, deletedAt: IsNull() };
  const entity =
    (await manager.findOneBy(UserEntity, where)) ?? (await manager.findOneBy(ApiClientEntity, where));
  return entity && callerOf(entity);
}

function isOf(caller: Caller, accountId: string): boolean {
  return caller.isAccountBound && caller.accountId === accountId;
}
