import { z } from 'zod';
import { bpmRequest, Handles, inTransaction } from '../../bus/index.ts';
import { Database } from '../../platform/db/index.ts';
import { CheckRunnable } from './check-runnable.ts';
import { configVersionConflict, draftChanged, draftNotFound } from './webhook-config.errors.ts';
import { configId } from './webhook-config.rules.ts';
import { WebHookConfigs } from './webhook-configs.ts';

/** Makes the draft the configuration, as an update by the publisher would: its runs act as him from now on. */
export class PublishWebHookConfigDraftCommand extends bpmRequest({
  kind: 'command',
  permission: 'webhooks:write',
  input: z.strictObject({ id: configId, version: z.int().min(1).optional() }),
  success: 'Webhook configuration draft published successfully',
  example: { id: 1, version: 1 },
  failure: 'Publishing failed',
}) {}

@Handles(PublishWebHookConfigDraftCommand)
export class PublishWebHookConfigDraftHandler {
  constructor(
    private readonly configs: WebHookConfigs,
    private readonly runnable: CheckRunnable,
    private readonly database: Database,
  ) {}

  async execute({ input: { id, version }, caller }: PublishWebHookConfigDraftCommand) {
    const known = await this.configs.mustFind({ manager: this.database.read }, id, caller);
    if (!known.draft) throw draftNotFound();
    const { snapshot } = known.draft;
    const checkedDraft = JSON.stringify(known.draft);
    await this.runnable.check({ ...snapshot, verification: undefined }, known.key, caller);
    return inTransaction(async (tx, trail) => {
      const config = await this.configs.mustFind(tx, id, caller);
      if (version !== undefined && version !== config.version) throw configVersionConflict(config.version);
      if (!config.draft) throw draftNotFound();
      if (JSON.stringify(config.draft) !== checkedDraft) throw draftChanged();
      trail.before = this.configs.view(config);
      config.draft = null;
      const view = this.configs.view(await this.configs.replace(tx, config, snapshot, caller));
      trail.after = view;
      return view;
    });
  }
}
