import { z } from 'zod';
import { bpmRequest, Handles, inTransaction } from '../../bus/index.ts';
import { Database } from '../../platform/db/index.ts';
import { CheckRunnable } from './check-runnable.ts';
import { configVersionConflict } from './webhook-config.errors.ts';
import { configFields, configId } from './webhook-config.rules.ts';
import { WebHookConfigDrafts } from './webhook-config-drafts.ts';
import { draftView } from './webhook-config-view.ts';
import { WebHookConfigs } from './webhook-configs.ts';

/** Keeps the whole set beside a configuration, checked as an update is; calls do not meet it before it is published. */
export class SaveWebHookConfigDraftCommand extends bpmRequest({
  kind: 'command',
  permission: 'webhooks:write',
  input: z.strictObject({ id: configId, version: z.int().min(1).optional(), ...configFields }),
  refusedFields: { key: 'Key cannot be changed' },
  success: 'Webhook configuration draft saved successfully',
  example: {
    id: 1,
    description: 'Adds up an order',
    isEnabled: true,
    path: '/webhooks/orders',
    action: 'POST',
    executionType: 2,
    executionCode: 'return { items: context.body.items.length };',
  },
  failure: 'Saving failed',
}) {}

@Handles(SaveWebHookConfigDraftCommand)
export class SaveWebHookConfigDraftHandler {
  constructor(
    private readonly configs: WebHookConfigs,
    private readonly drafts: WebHookConfigDrafts,
    private readonly runnable: CheckRunnable,
    private readonly database: Database,
  ) {}

  async execute({ input: { id, version, ...fields }, caller }: SaveWebHookConfigDraftCommand) {
    const { key } = await this.configs.mustFind({ manager: this.database.read }, id, caller);
    await this.runnable.check(fields, key, caller);
    return inTransaction(async (tx, trail) => {
      const config = await this.configs.mustFind(tx, id, caller);
      if (version !== undefined && version !== config.version) throw configVersionConflict(config.version);
      await this.configs.refuseTakenAddress(tx, fields, id);
      trail.before = draftView(config);
      await this.drafts.save(tx, config, fields, caller);
      const draft = draftView(config);
      trail.after = draft;
      return { ...this.configs.view(config), draft };
    });
  }
}
