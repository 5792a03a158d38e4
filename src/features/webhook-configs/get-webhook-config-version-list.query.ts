import { z } from 'zod';
import { bpmRequest, Handles } from '../../bus/index.ts';
import { Database } from '../../platform/db/index.ts';
import { configId } from './webhook-config.rules.ts';
import { WebHookConfigVersionEntity } from './webhook-config-version.entity.ts';
import { versionView } from './webhook-config-view.ts';
import { WebHookConfigs } from './webhook-configs.ts';

/** What each save of a configuration wrote, the newest first, by page. */
export class GetWebHookConfigVersionListQuery extends bpmRequest({
  kind: 'query',
  permission: 'webhooks:read',
  input: z.strictObject({
    id: configId,
    pageNumber: z.int().min(1).max(1_000_000).default(1),
    pageSize: z.int().min(1).max(100).default(10),
  }),
  success: 'Webhook configuration versions retrieved successfully',
  example: { id: 1, pageNumber: 1, pageSize: 10 },
  failure: 'Retrieval failed',
}) {}

@Handles(GetWebHookConfigVersionListQuery)
export class GetWebHookConfigVersionListHandler {
  constructor(
    private readonly database: Database,
    private readonly configs: WebHookConfigs,
  ) {}

  async execute({ input: { id, pageNumber, pageSize }, caller }: GetWebHookConfigVersionListQuery) {
    await this.configs.mustFind({ manager: this.database.read }, id, caller);
    const [versions, totalCount] = await this.database.read.findAndCount(WebHookConfigVersionEntity, {
      where: { configId: id },
      order: { version: 'DESC' },
      skip: (pageNumber - 1) * pageSize,
      take: pageSize,
    });
    return { items: versions.map(versionView), totalCount, pageNumber, pageSize };
  }
}
