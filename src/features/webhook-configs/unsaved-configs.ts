import { Injectable } from '@nestjs/common';
import type { Caller } from '../../bus/index.ts';
import { Sealer } from '../../platform/sealing.ts';
import { storedVerification, verificationFaults } from '../verification/index.ts';
import { CheckRunnable } from './check-runnable.ts';
import { WebHookConfigDirectory } from './webhook-config-directory.ts';
import { WebHookConfigEntity } from './webhook-config.entity.ts';
import { configInvalid } from './webhook-config.errors.ts';
import type { ConfigFields } from './webhook-config.rules.ts';
import { type ConfigSnapshot, contentOf } from './webhook-config-snapshot.rules.ts';

/** Which configuration one that was not saved would be; id 0: a new one. */
export type ConfigIdentity = Pick<WebHookConfigEntity, 'id' | 'accountId' | 'key' | 'version'>;

const newConfig = { id: 0, version: 0 };

/** Configurations as somebody would save them, in the form in which saved ones are run. */
@Injectable()
export class UnsavedConfigs {
  constructor(
    private readonly directory: WebHookConfigDirectory,
    private readonly runnable: CheckRunnable,
    private readonly sealer: Sealer,
  ) {}

  /**
   * As a save of these fields would make it, `unknown` where the account has none of this key; secrets that are not sent
   * are those that a save would keep. @throws AppError 400, 403.
   */
  async make(
    key: string,
    fields: ConfigFields,
    saver: Caller,
    unknown: Pick<ConfigIdentity, 'id' | 'version'> = newConfig,
  ): Promise<WebHookConfigEntity> {
    await this.runnable.check(fields, key, saver);
    const { accountId } = saver;
    const saved = this.directory.findByKey(key);
    const known = saved?.accountId === accountId ? saved : undefined;
    const { verification, ...others } = fields;
    const kept = known?.settings.verification;
    const faults = verificationFaults(verification, kept);
    if (faults.length > 0) throw configInvalid(faults);
    const snapshot: ConfigSnapshot = verification
      ? { ...others, verification: storedVerification(this.sealer, verification, kept) }
      : others;
    const { id, version } = known ?? unknown;
    return this.of({ id, accountId, key, version }, snapshot, saver.id);
  }

  /** The same of what was made before. */
  of(identity: ConfigIdentity, snapshot: ConfigSnapshot, ownerId: string): WebHookConfigEntity {
    const { id, accountId, key, version } = identity;
    return Object.assign(new WebHookConfigEntity(), {
      ...contentOf(snapshot),
      id,
      accountId,
      key,
      version,
      ownerId,
      draft: null,
    });
  }
}
