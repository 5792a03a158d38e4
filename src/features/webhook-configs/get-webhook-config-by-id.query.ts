import { z } from 'zod';
import { bpmRequest, Handles } from '../../bus/index.ts';
import { Database } from '../../platform/db/index.ts';
import { AppError } from '../../platform/errors.ts';
import { WebHookConfigEntity } from './webhook-config.entity.ts';
import { configId } from './webhook-config.rules.ts';
import { draftView } from './webhook-config-view.ts';
import { WebHookConfigs } from './webhook-configs.ts';

/** One configuration of the caller's account, with its draft. */
export class GetWebHookConfigByIdQuery extends bpmRequest({
  kind: 'query',
  permission: 'webhooks:read',
  input: z.strictObject({ id: configId }),
  success: 'Webhook configuration retrieved successfully',
  example: { id: 1 },
}) {}

@Handles(GetWebHookConfigByIdQuery)
export class GetWebHookConfigByIdHandler {
  constructor(
    private readonly database: Database,
    private readonly configs: WebHookConfigs,
  ) {}

  async execute({ input: { id }, caller }: GetWebHookConfigByIdQuery) {
    const config = await this.database.read.findOneBy(WebHookConfigEntity, {
      id,
      accountId: caller.accountId,
    });
    if (config) return { ...this.configs.view(config), draft: draftView(config) };
    throw new AppError({
      code: 'webhook-config.not-found',
      kind: 'not-found',
      publicMessage: 'Configuration not found',
      details: ['No webhook configuration found with the specified ID'],
    });
  }
}
