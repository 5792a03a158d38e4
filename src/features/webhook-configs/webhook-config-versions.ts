import { Injectable } from '@nestjs/common';
import { Database } from '../../platform/db/index.ts';
import { WebHookConfigEntity } from './webhook-config.entity.ts';
import { WebHookConfigVersionEntity } from './webhook-config-version.entity.ts';
import type { ConfigFields, ConfigSettings } from './webhook-config.rules.ts';
import { WebHookConfigDirectory } from './webhook-config-directory.ts';

/** Configurations as they were saved. */
@Injectable()
export class WebHookConfigVersions {
  constructor(
    private readonly database: Database,
    private readonly directory: WebHookConfigDirectory,
  ) {}

  /** The configuration of that version, acting as who saved it; null where there is none. */
  async find(configId: number, version: number): Promise<WebHookConfigEntity | null> {
    const current = this.directory.findById(configId);
    if (current?.version === version) return current;
    const saved = await this.database.read.findOneBy(WebHookConfigVersionEntity, { configId, version });
    if (!saved) return null;
    const { description, path, action, executionType, ...settings } = saved.snapshot as ConfigFields;
    return Object.assign(new WebHookConfigEntity(), {
      id: configId,
      key: saved.key,
      version,
      accountId: current?.accountId ?? 'default',
      description,
      path,
      action,
      executionType,
      isEnabled: true,
      ownerId: saved.savedBy,
      settings: settings as ConfigSettings,
    });
  }
}
