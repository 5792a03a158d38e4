import { z } from 'zod';
import { bpmRequest, Handles, inTransaction } from '../../bus/index.ts';
import { Clock, isoTime } from '../../platform/clock.ts';
import { configId } from './webhook-config.rules.ts';
import { WebHookConfigs } from './webhook-configs.ts';

/** Removes a configuration: its key and address are free again, its executions stay readable. */
export class DeleteWebHookConfigCommand extends bpmRequest({
  kind: 'command',
  permission: 'webhooks:write',
  input: z.strictObject({ id: configId }),
  success: 'Webhook configuration deleted successfully',
  example: { id: 1 },
  failure: 'Deletion failed',
}) {}

@Handles(DeleteWebHookConfigCommand)
export class DeleteWebHookConfigHandler {
  constructor(
    private readonly configs: WebHookConfigs,
    private readonly clock: Clock,
  ) {}

  async execute({ input: { id }, caller }: DeleteWebHookConfigCommand) {
    return inTransaction(async (tx, trail) => {
      const config = await this.configs.mustFind(tx, id, caller);
      trail.before = this.configs.view(config);
      await this.configs.delete(tx, config);
      return { id, key: config.key, deletedAt: isoTime(this.clock.now()) };
    });
  }
}
