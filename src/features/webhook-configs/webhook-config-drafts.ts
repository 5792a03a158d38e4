import { Injectable } from '@nestjs/common';
import type { Caller } from '../../bus/index.ts';
import { Clock } from '../../platform/clock.ts';
import type { Tx } from '../../platform/db/index.ts';
import { Sealer } from '../../platform/sealing.ts';
import { storedVerification, verificationFaults } from '../verification/index.ts';
import { WebHookConfigDirectory } from './webhook-config-directory.ts';
import type { WebHookConfigEntity } from './webhook-config.entity.ts';
import { configInvalid } from './webhook-config.errors.ts';
import type { ConfigFields } from './webhook-config.rules.ts';
import type { ConfigSnapshot } from './webhook-config-snapshot.rules.ts';

/** Keeps one draft beside each configuration; nothing that runs is told of it. */
@Injectable()
export class WebHookConfigDrafts {
  constructor(
    private readonly directory: WebHookConfigDirectory,
    private readonly clock: Clock,
    private readonly sealer: Sealer,
  ) {}

  /** In place of the draft that there was. */
  async save(tx: Tx, config: WebHookConfigEntity, fields: ConfigFields, caller: Caller): Promise<void> {
    config.draft = {
      snapshot: this.sealed(fields, config),
      savedBy: caller.id,
      savedAt: this.clock.now(),
      baseVersion: config.version,
    };
    await this.keep(tx, config);
  }

  async discard(tx: Tx, config: WebHookConfigEntity): Promise<void> {
    config.draft = null;
    await this.keep(tx, config);
  }

  private async keep(tx: Tx, config: WebHookConfigEntity): Promise<void> {
    await tx.manager.save(config);
    tx.afterCommit(() => this.directory.refresh(config));
  }

  /**
   * Secrets that are not sent are those of the draft before, else the configuration's: these are looked up when it is
   * published, so that a draft does not bring back what was rotated out meanwhile.
   */
  private sealed(fields: ConfigFields, { draft, settings }: WebHookConfigEntity): ConfigSnapshot {
    const { verification, ...others } = fields;
    if (!verification) return others;
    const drafted = draft?.snapshot.verification;
    if (verificationFaults(verification, drafted).length === 0)
      return { ...others, verification: storedVerification(this.sealer, verification, drafted) };
    const faults = verificationFaults(verification, settings.verification);
    if (faults.length > 0) throw configInvalid(faults);
    return { ...others, verification };
  }
}
