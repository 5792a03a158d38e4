import { IsNull } from 'typeorm';
import { z } from 'zod';
import { bpmRequest, Handles } from '../../bus/index.ts';
import { Database } from '../../platform/db/index.ts';
import { SecretVersionEntity } from './secret-version.entity.ts';
import { secretView } from './secret-view.ts';

/** The secrets of the caller's account by name: who reads them and since when, never a value. */
export class GetSecretListQuery extends bpmRequest({
  kind: 'query',
  permission: 'webhooks:read',
  input: z.strictObject({}),
  success: 'Secrets retrieved successfully',
  example: {},
}) {}

@Handles(GetSecretListQuery)
export class GetSecretListHandler {
  constructor(private readonly database: Database) {}

  async execute({ caller: { accountId } }: GetSecretListQuery) {
    const secrets = await this.database.read.find(SecretVersionEntity, {
      where: { accountId, replacedAt: IsNull() },
      order: { name: 'ASC' },
    });
    return { items: secrets.map(secretView) };
  }
}
