import { z } from 'zod';
import { bpmRequest, Handles, inTransaction } from '../../bus/index.ts';
import {
  ApiClientEntity,
  callerId,
  clientOfEnvironment,
  grantFields,
  grantIn,
  ManagedCallers,
} from '../access/index.ts';
import { apiClientView } from './api-client-view.ts';
import { clientName } from './client-fields.ts';

/** Changes what is given of an API client; a disabled one is refused at once, and so is work that acts as it. */
export class UpdateApiClientCommand extends bpmRequest({
  kind: 'command',
  permission: 'access:manage',
  input: z.strictObject({
    id: callerId,
    name: clientName.optional(),
    ...grantFields,
    isEnabled: z.boolean().optional(),
  }),
  refusedFields: { accountId: 'AccountId cannot be changed' },
  success: 'API client updated successfully',
  example: { id: 'cli_01a0b1c2-d3e4-7f56-8a9b-0c1d2e3f4a5b', isEnabled: false },
  failure: 'Update failed',
}) {}

@Handles(UpdateApiClientCommand)
export class UpdateApiClientHandler {
  constructor(private readonly managed: ManagedCallers) {}

  async execute({ input: { id, name, isEnabled, ...grant }, caller }: UpdateApiClientCommand) {
    const change = { grant: grantIn(grant), isEnabled };
    return inTransaction(async (tx, trail) => {
      const client = await this.managed.mustFind(tx, ApiClientEntity, id, caller);
      if (client.origin === 'environment') throw clientOfEnvironment();
      trail.before = apiClientView(client);
      this.managed.change(client, change, caller);
      if (name !== undefined) client.name = name;
      // Tokens that it had do not come back when it is enabled again.
      if (isEnabled === false) client.generation += 1;
      await this.managed.store(tx, client);
      return (trail.after = apiClientView(client));
    });
  }
}
