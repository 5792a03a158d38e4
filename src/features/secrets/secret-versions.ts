import { Injectable } from '@nestjs/common';
import { IsNull, LessThan, Not } from 'typeorm';
import type { Caller } from '../../bus/index.ts';
import { Clock } from '../../platform/clock.ts';
import type { Tx } from '../../platform/db/index.ts';
import { AppError } from '../../platform/errors.ts';
import { Sealer } from '../../platform/sealing.ts';
import { crowdFault, REPLACED_KEPT_MS } from './secret.rules.ts';
import { SecretVersionEntity } from './secret-version.entity.ts';
import { Secrets } from './secrets.ts';

/** A secret as somebody sets it. */
interface GivenSecret {
  name: string;
  value: string;
  configKeys: readonly string[];
}

/** Writes secrets within a transaction, each save a version; what runs follows each commit. */
@Injectable()
export class SecretVersions {
  constructor(
    private readonly secrets: Secrets,
    private readonly sealer: Sealer,
    private readonly clock: Clock,
  ) {}

  /** The current version, or null. */
  find(tx: Tx, { accountId }: Caller, name: string): Promise<SecretVersionEntity | null> {
    return tx.manager.findOneBy(SecretVersionEntity, { accountId, name, replacedAt: IsNull() });
  }

  /** @throws AppError 409 where the account or a configuration has as many as it may have. */
  async set(tx: Tx, { name, value, configKeys }: GivenSecret, caller: Caller): Promise<SecretVersionEntity> {
    const { accountId, id: savedBy } = caller;
    const others = await tx.manager.find(SecretVersionEntity, {
      select: { accountId: true, name: true, version: true, configKeys: true },
      where: { accountId, name: Not(name), replacedAt: IsNull() },
    });
    const fault = crowdFault(others, configKeys);
    if (fault !== null) throw new AppError({ code: 'secret.too-many', kind: 'conflict', details: [fault] });
    await this.dropForgotten(tx);
    const [last] = await tx.manager.find(SecretVersionEntity, {
      where: { accountId, name },
      order: { version: 'DESC' },
      take: 1,
    });
    const savedAt = this.momentAfter(last);
    if (last?.replacedAt === null) await this.replace(tx, last, savedAt);
    const sealedValue = this.sealer.seal(Buffer.from(value));
    const saved = tx.manager.create(SecretVersionEntity, {
      accountId,
      name,
      version: (last?.version ?? 0) + 1,
      sealedValue,
      configKeys,
      savedBy,
      savedAt,
      replacedAt: null,
    });
    await tx.manager.insert(SecretVersionEntity, saved);
    tx.afterCommit(() => this.secrets.put(saved));
    return saved;
  }

  /** From the commit on nothing reads it; runs that began before go on with it. */
  async delete(tx: Tx, secret: SecretVersionEntity): Promise<number> {
    await this.dropForgotten(tx);
    const deletedAt = this.momentAfter(secret);
    await this.replace(tx, secret, deletedAt);
    tx.afterCommit(() => this.secrets.remove(secret.accountId, secret.name));
    return deletedAt;
  }

  /** Two versions are never valid at one moment, and none is valid at no moment, however fast they come. */
  private momentAfter(last: SecretVersionEntity | undefined): number {
    const now = this.clock.now();
    return last === undefined ? now : Math.max(now, last.replacedAt ?? last.savedAt + 1);
  }

  private async replace(
    tx: Tx,
    { accountId, name, version }: SecretVersionEntity,
    replacedAt: number,
  ): Promise<void> {
    await tx.manager.update(SecretVersionEntity, { accountId, name, version }, { replacedAt });
  }

  private async dropForgotten(tx: Tx): Promise<void> {
    await tx.manager.delete(SecretVersionEntity, {
      replacedAt: LessThan(this.clock.now() - REPLACED_KEPT_MS),
    });
  }
}
