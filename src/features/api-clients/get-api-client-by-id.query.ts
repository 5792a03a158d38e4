import { z } from 'zod';
import { bpmRequest, Handles } from '../../bus/index.ts';
import { Database } from '../../platform/db/index.ts';
import {
  ApiClientEntity,
  callerId,
  callerNotFound,
  ClientCredentials,
  ManagedCallers,
} from '../access/index.ts';
import { apiClientDetails } from './api-client-view.ts';

/** One API client, with the credentials that it has: which, since when, until when; never what they are. */
export class GetApiClientByIdQuery extends bpmRequest({
  kind: 'query',
  permission: 'access:manage',
  input: z.strictObject({ id: callerId }),
  success: 'API client retrieved successfully',
  example: { id: 'cli_01a0b1c2-d3e4-7f56-8a9b-0c1d2e3f4a5b' },
}) {}

@Handles(GetApiClientByIdQuery)
export class GetApiClientByIdHandler {
  constructor(
    private readonly database: Database,
    private readonly managed: ManagedCallers,
    private readonly credentials: ClientCredentials,
  ) {}

  async execute({ input: { id }, caller }: GetApiClientByIdQuery) {
    const where = { ...this.managed.seenBy(caller), id };
    const client = await this.database.read.findOneBy(ApiClientEntity, where);
    if (!client) throw callerNotFound('client');
    return apiClientDetails(client, this.credentials);
  }
}
