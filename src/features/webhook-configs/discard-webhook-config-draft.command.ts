import { z } from 'zod';
import { bpmRequest, Handles, inTransaction } from '../../bus/index.ts';
import { Clock, isoTime } from '../../platform/clock.ts';
import { draftNotFound } from './webhook-config.errors.ts';
import { configId } from './webhook-config.rules.ts';
import { WebHookConfigDrafts } from './webhook-config-drafts.ts';
import { draftView } from './webhook-config-view.ts';
import { WebHookConfigs } from './webhook-configs.ts';

/** Throws the draft of a configuration away. */
export class DiscardWebHookConfigDraftCommand extends bpmRequest({
  kind: 'command',
  permission: 'webhooks:write',
  input: z.strictObject({ id: configId }),
  success: 'Webhook configuration draft discarded successfully',
  example: { id: 1 },
  failure: 'Discarding failed',
}) {}

@Handles(DiscardWebHookConfigDraftCommand)
export class DiscardWebHookConfigDraftHandler {
  constructor(
    private readonly configs: WebHookConfigs,
    private readonly drafts: WebHookConfigDrafts,
    private readonly clock: Clock,
  ) {}

  async execute({ input: { id }, caller }: DiscardWebHookConfigDraftCommand) {
    return inTransaction(async (tx, trail) => {
      const config = await this.configs.mustFind(tx, id, caller);
      if (!config.draft) throw draftNotFound();
      trail.before = draftView(config);
      await this.drafts.discard(tx, config);
      return { id, key: config.key, discardedAt: isoTime(this.clock.now()) };
    });
  }
}
