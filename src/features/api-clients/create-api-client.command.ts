import { z } from 'zod';
import { accountField, bpmRequest, Handles, inTransaction } from '../../bus/index.ts';
import { newId } from '../../platform/ids.ts';
import {
  ApiClientEntity,
  ClientCredentials,
  grantFields,
  ManagedCallers,
  mustGrant,
} from '../access/index.ts';
import { apiClientView } from './api-client-view.ts';
import { clientName } from './client-fields.ts';

/**
 * Makes an API client with an API key and a secret for `/oauth/token`; both are shown in this answer and never again.
 * With `accountId` it is bound to that account; without, to that of its maker, or to none if he is bound to none.
 */
export class CreateApiClientCommand extends bpmRequest({
  kind: 'command',
  permission: 'access:manage',
  input: z.strictObject({
    name: clientName,
    ...grantFields,
    accountId: accountField.optional(),
    isEnabled: z.boolean().default(true),
  }),
  secretResults: ['clientSecret', 'apiKey'],
  success: 'API client created successfully',
  example: { name: 'shop', permissions: ['events:publish'], accountId: 'acme' },
  failure: 'Creation failed',
}) {}

@Handles(CreateApiClientCommand)
export class CreateApiClientHandler {
  constructor(
    private readonly managed: ManagedCallers,
    private readonly credentials: ClientCredentials,
  ) {}

  async execute({ input: { name, isEnabled, accountId, ...grant }, caller }: CreateApiClientCommand) {
    const granted = this.managed.granted(mustGrant(grant), accountId, caller);
    return inTransaction(async (tx, trail) => {
      await this.managed.mustStillManage(tx, caller);
      const client = tx.manager.create(ApiClientEntity, {
        ...granted,
        id: newId('cli'),
        name,
        origin: 'command',
        isEnabled,
      });
      await this.managed.store(tx, client);
      const view = apiClientView(client);
      trail.after = view;
      const clientSecret = await this.credentials.add(tx, client.id, 'client-secret');
      return { ...view, clientSecret, apiKey: await this.credentials.add(tx, client.id, 'api-key') };
    });
  }
}
