import { z } from 'zod';
import { bpmRequest, Handles, inTransaction } from '../../bus/index.ts';
import { isoTime } from '../../platform/clock.ts';
import {
  ApiClientEntity,
  callerId,
  ClientCredentials,
  clientOfEnvironment,
  ManagedCallers,
} from '../access/index.ts';
import { apiClientView } from './api-client-view.ts';

/** Deletes an API client: refused at once, and forever. Work that acts as it goes to `reassignTo`, and is refused without. */
export class DeleteApiClientCommand extends bpmRequest({
  kind: 'command',
  permission: 'access:manage',
  input: z.strictObject({ id: callerId, reassignTo: callerId.optional() }),
  success: 'API client deleted successfully',
  example: { id: 'cli_01a0b1c2-d3e4-7f56-8a9b-0c1d2e3f4a5b' },
  failure: 'Deletion failed',
}) {}

@Handles(DeleteApiClientCommand)
export class DeleteApiClientHandler {
  constructor(
    private readonly managed: ManagedCallers,
    private readonly credentials: ClientCredentials,
  ) {}

  async execute({ input: { id, reassignTo }, caller }: DeleteApiClientCommand) {
    return inTransaction(async (tx, trail) => {
      const client = await this.managed.mustFind(tx, ApiClientEntity, id, caller);
      if (client.origin === 'environment') throw clientOfEnvironment();
      trail.before = apiClientView(client);
      await this.managed.delete(tx, client, reassignTo, caller);
      await this.credentials.end(tx, id, 'api-key');
      await this.credentials.end(tx, id, 'client-secret');
      await this.managed.store(tx, client);
      return { id, deletedAt: isoTime(client.deletedAt!) };
    });
  }
}
