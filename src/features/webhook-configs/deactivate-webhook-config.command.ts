import { z } from 'zod';
import { bpmRequest, Handles, inTransaction } from '../../bus/index.ts';
import { isoTime } from '../../platform/clock.ts';
import { configAlready } from './webhook-config.errors.ts';
import { configId } from './webhook-config.rules.ts';
import { WebHookConfigs } from './webhook-configs.ts';

/** Turns a configuration off: the router no longer answers its address. */
export class DeactivateWebHookConfigCommand extends bpmRequest({
  kind: 'command',
  permission: 'webhooks:write',
  input: z.strictObject({ id: configId }),
  success: 'Webhook configuration deactivated successfully',
  example: { id: 1 },
  failure: 'Deactivation failed',
}) {}

@Handles(DeactivateWebHookConfigCommand)
export class DeactivateWebHookConfigHandler {
  constructor(private readonly configs: WebHookConfigs) {}

  async execute({ input: { id }, caller }: DeactivateWebHookConfigCommand) {
    return inTransaction(async (tx, trail) => {
      const config = await this.configs.mustFind(tx, id, caller);
      if (config.isEnabled === false) throw configAlready('inactive');
      trail.before = { isEnabled: config.isEnabled };
      await this.configs.setEnabled(tx, config, false);
      trail.after = { isEnabled: config.isEnabled };
      return { id, key: config.key, isEnabled: config.isEnabled, deactivatedAt: isoTime(config.updatedAt) };
    });
  }
}
