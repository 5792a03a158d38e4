import { z } from 'zod';
import { bpmRequest, Handles, inTransaction } from '../../bus/index.ts';
import { Database } from '../../platform/db/index.ts';
import { CheckRunnable } from './check-runnable.ts';
import { versionNotFound } from './webhook-config.errors.ts';
import { configId } from './webhook-config.rules.ts';
import { snapshotOf } from './webhook-config-snapshot.rules.ts';
import { WebHookConfigVersions } from './webhook-config-versions.ts';
import { WebHookConfigs } from './webhook-configs.ts';

/** Saves what an earlier version was as a new version, as an update by the restorer would. */
export class RestoreWebHookConfigVersionCommand extends bpmRequest({
  kind: 'command',
  permission: 'webhooks:write',
  input: z.strictObject({ id: configId, version: z.int().min(1) }),
  success: 'Webhook configuration version restored successfully',
  example: { id: 1, version: 1 },
  failure: 'Restoring failed',
}) {}

@Handles(RestoreWebHookConfigVersionCommand)
export class RestoreWebHookConfigVersionHandler {
  constructor(
    private readonly configs: WebHookConfigs,
    private readonly versions: WebHookConfigVersions,
    private readonly runnable: CheckRunnable,
    private readonly database: Database,
  ) {}

  async execute({ input: { id, version }, caller }: RestoreWebHookConfigVersionCommand) {
    const current = await this.configs.mustFind({ manager: this.database.read }, id, caller);
    // Not asked for: PostgreSQL refuses to compare what is larger than any version can be.
    const earlier = version > current.version ? null : await this.versions.find(id, version);
    if (!earlier) throw versionNotFound(version);
    const snapshot = snapshotOf(earlier);
    await this.runnable.check({ ...snapshot, verification: undefined }, current.key, caller);
    return inTransaction(async (tx, trail) => {
      const config = await this.configs.mustFind(tx, id, caller);
      trail.before = this.configs.view(config);
      const view = this.configs.view(await this.configs.replace(tx, config, snapshot, caller));
      trail.after = view;
      return view;
    });
  }
}
