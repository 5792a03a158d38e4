import { z } from 'zod';
import { bpmRequest, Handles, inTransaction } from '../../bus/index.ts';
import { CheckRunnable } from './check-runnable.ts';
import { configFields, configKey } from './webhook-config.rules.ts';
import { WebHookConfigs } from './webhook-configs.ts';

/** Makes a configuration; from the next call on the router knows it. */
export class CreateWebHookConfigCommand extends bpmRequest({
  kind: 'command',
  permission: 'webhooks:write',
  input: z.strictObject({ key: configKey, ...configFields }),
  success: 'Webhook configuration created successfully',
  example: {
    key: 'order-paid',
    description: 'Adds up an order',
    isEnabled: true,
    path: '/webhooks/orders',
    action: 'POST',
    executionType: 2,
    executionCode: 'return { items: context.body.items.length };',
  },
}) {}

@Handles(CreateWebHookConfigCommand)
export class CreateWebHookConfigHandler {
  constructor(
    private readonly configs: WebHookConfigs,
    private readonly runnable: CheckRunnable,
  ) {}

  async execute({ input: { key, ...fields }, caller }: CreateWebHookConfigCommand) {
    await this.runnable.check(fields, key, caller);
    return inTransaction(async (tx, trail) => {
      const view = this.configs.view(await this.configs.create(tx, key, fields, caller));
      trail.after = view;
      return view;
    });
  }
}
