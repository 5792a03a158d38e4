import { Injectable, type OnModuleInit } from '@nestjs/common';
import { actingIn, type Caller } from '../../bus/index.ts';
import type { Tx } from '../../platform/db/index.ts';
import { heirUnfit, OwnedWork, type OwnedWorkKind, toldWorks } from '../access/index.ts';
import { WebHookConfigDirectory } from './webhook-config-directory.ts';
import { WebHookConfigEntity } from './webhook-config.entity.ts';

/** Configurations act as whoever saved them last, drafts as whoever saved the draft. */
@Injectable()
export class OwnedWebHookConfigs implements OwnedWorkKind, OnModuleInit {
  constructor(
    private readonly work: OwnedWork,
    private readonly directory: WebHookConfigDirectory,
  ) {}

  onModuleInit(): void {
    this.work.add(this);
  }

  async actingAs(tx: Tx, callerId: string): Promise<string[]> {
    const configs = await owned(tx, callerId);
    return toldWorks(
      configs.map(({ key, ownerId }) =>
        ownerId === callerId ? `The configuration "${key}"` : `The draft of the configuration "${key}"`,
      ),
    );
  }

  async reassign(tx: Tx, callerId: string, heir: Caller): Promise<void> {
    for (const config of await owned(tx, callerId)) {
      if (!actingIn(heir, config.accountId))
        throw heirUnfit(`names somebody who may not act in the account of the configuration "${config.key}"`);
      if (config.ownerId === callerId) config.ownerId = heir.id;
      if (config.draft?.savedBy === callerId) config.draft = { ...config.draft, savedBy: heir.id };
      await tx.manager.save(config);
      tx.afterCommit(() => this.directory.put(config));
    }
  }
}

async function owned({ manager }: Tx, callerId: string): Promise<WebHookConfigEntity[]> {
  const all = await manager.find(WebHookConfigEntity, { order: { key: 'ASC' } });
  return all.filter(({ ownerId, draft }) => ownerId === callerId || draft?.savedBy === callerId);
}
