import { Injectable } from '@nestjs/common';
import { Database } from '../../platform/db/index.ts';
import { WebHookConfigEntity } from './webhook-config.entity.ts';
import { completed, contentOf } from './webhook-config-snapshot.rules.ts';
import { WebHookConfigVersionEntity } from './webhook-config-version.entity.ts';

/** Configurations as they were or might be, in the form in which the current ones are run. */
@Injectable()
export class WebHookConfigVersions {
  constructor(private readonly database: Database) {}

  /** As that save wrote it, its owner who saved it, also when the configuration is gone; null: there is no such version. */
  async find(configId: number, version: number): Promise<WebHookConfigEntity | null> {
    const saved = await this.database.read.findOneBy(WebHookConfigVersionEntity, { configId, version });
    return (
      saved &&
      Object.assign(new WebHookConfigEntity(), {
        ...contentOf(saved.snapshot),
        id: saved.configId,
        accountId: saved.accountId,
        key: saved.key,
        version: saved.version,
        draft: null,
        ownerId: saved.savedBy,
        createdAt: saved.savedAt,
        updatedAt: saved.savedAt,
      })
    );
  }

  /** As its draft would make it, its owner who saved the draft; the version is still the published one. Null: there is no draft. */
  async draftOf(configId: number): Promise<WebHookConfigEntity | null> {
    const config = await this.database.read.findOneBy(WebHookConfigEntity, { id: configId });
    if (!config?.draft) return null;
    const { snapshot, savedBy, savedAt } = config.draft;
    const content = contentOf(completed(snapshot, config.settings.verification));
    return Object.assign(config, content, { ownerId: savedBy, updatedAt: savedAt });
  }
}
