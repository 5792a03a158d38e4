import { z } from 'zod';
import { bpmRequest, Handles, inTransaction } from '../../bus/index.ts';
import { Database } from '../../platform/db/index.ts';
import { LookupWebHookByKeyCommand } from './lookup-webhook-by-key.command.ts';
import { CheckRunnable } from './check-runnable.ts';
import { WebHookConfigEntity } from './webhook-config.entity.ts';
import { configNotFound, configVersionConflict } from './webhook-config.errors.ts';
import { configFields, configId } from './webhook-config.rules.ts';
import { WebHookConfigs } from './webhook-configs.ts';

/** Replaces a configuration whole, but for its key; its runs act as the saver from now on. */
export class UpdateWebHookConfigCommand extends bpmRequest({
  kind: 'command',
  permission: 'webhooks:write',
  input: z.strictObject({ id: configId, version: z.int().min(1).optional(), ...configFields }),
  refusedFields: { key: 'Key cannot be changed' },
  success: 'Webhook configuration updated successfully',
  example: {
    id: 1,
    version: 1,
    description: 'Adds up an order',
    isEnabled: true,
    path: '/webhooks/orders',
    action: 'POST',
    executionType: 0,
    commandName: LookupWebHookByKeyCommand.name,
  },
  failure: 'Update failed',
}) {}

@Handles(UpdateWebHookConfigCommand)
export class UpdateWebHookConfigHandler {
  constructor(
    private readonly configs: WebHookConfigs,
    private readonly runnable: CheckRunnable,
    private readonly database: Database,
  ) {}

  async execute({ input: { id, version, ...fields }, caller }: UpdateWebHookConfigCommand) {
    const known = await this.database.read.findOneBy(WebHookConfigEntity, {
      id,
      accountId: caller.accountId,
    });
    if (!known) throw configNotFound();
    await this.runnable.check(fields, known.key, caller);
    return inTransaction(async (tx, trail) => {
      const config = await this.configs.mustFind(tx, id, caller);
      if (version !== undefined && version !== config.version) throw configVersionConflict(config.version);
      trail.before = this.configs.view(config);
      const view = this.configs.view(await this.configs.update(tx, config, fields, caller));
      trail.after = view;
      return view;
    });
  }
}
