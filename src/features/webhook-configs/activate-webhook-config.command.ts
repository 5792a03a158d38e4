import { z } from 'zod';
import { bpmRequest, Handles, inTransaction } from '../../bus/index.ts';
import { isoTime } from '../../platform/clock.ts';
import { configAlready } from './webhook-config.errors.ts';
import { configId } from './webhook-config.rules.ts';
import { WebHookConfigs } from './webhook-configs.ts';

/** Turns a configuration on: the router again answers its address. */
export class ActivateWebHookConfigCommand extends bpmRequest({
  kind: 'command',
  permission: 'webhooks:write',
  input: z.strictObject({ id: configId }),
  success: 'Webhook configuration activated successfully',
  example: { id: 1 },
  failure: 'Activation failed',
}) {}

@Handles(ActivateWebHookConfigCommand)
export class ActivateWebHookConfigHandler {
  constructor(private readonly configs: WebHookConfigs) {}

  async execute({ input: { id }, caller }: ActivateWebHookConfigCommand) {
    return inTransaction(async (tx, trail) => {
      const config = await this.configs.mustFind(tx, id, caller);
      if (config.isEnabled === true) throw configAlready('active');
      trail.before = { isEnabled: config.isEnabled };
      await this.configs.setEnabled(tx, config, true);
      trail.after = { isEnabled: config.isEnabled };
      return { id, key: config.key, isEnabled: config.isEnabled, activatedAt: isoTime(config.updatedAt) };
    });
  }
}
