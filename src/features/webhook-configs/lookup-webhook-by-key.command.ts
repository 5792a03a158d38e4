import { z } from 'zod';
import { bpmRequest, Handles } from '../../bus/index.ts';
import { AppError } from '../../platform/errors.ts';
import { WebHookConfigDirectory } from './webhook-config-directory.ts';
import { WebHookConfigs } from './webhook-configs.ts';

/** The router's own lookup: the configuration of a key, or all of them without one. It changes nothing, whatever its name says. */
export class LookupWebHookByKeyCommand extends bpmRequest({
  kind: 'query',
  permission: 'webhooks:read',
  input: z.strictObject({ key: z.string().max(200).optional() }),
  success: 'Webhook configuration found',
  example: { key: 'order-paid' },
  failure: 'Lookup failed',
}) {}

@Handles(LookupWebHookByKeyCommand)
export class LookupWebHookByKeyHandler {
  constructor(
    private readonly directory: WebHookConfigDirectory,
    private readonly configs: WebHookConfigs,
  ) {}

  async execute({ input: { key }, caller }: LookupWebHookByKeyCommand) {
    if (key === undefined || key === '') {
      const own = this.directory.all().filter((config) => config.accountId === caller.accountId);
      return own.map((config) => this.configs.committedView(config));
    }
    const config = this.directory.findByKey(key);
    if (config?.accountId === caller.accountId) return this.configs.committedView(config);
    throw new AppError({
      code: 'webhook-config.not-found',
      kind: 'not-found',
      details: ['No webhook configuration found with the specified key'],
    });
  }
}
