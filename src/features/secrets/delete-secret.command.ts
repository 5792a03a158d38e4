import { z } from 'zod';
import { bpmRequest, Handles, inTransaction } from '../../bus/index.ts';
import { isoTime } from '../../platform/clock.ts';
import { AppError } from '../../platform/errors.ts';
import { secretName } from './secret.rules.ts';
import { SecretVersions } from './secret-versions.ts';
import { secretView } from './secret-view.ts';

/** Takes a secret away: no later run reads it. */
export class DeleteSecretCommand extends bpmRequest({
  kind: 'command',
  permission: 'secrets:write',
  input: z.strictObject({ name: secretName }),
  success: 'Secret deleted successfully',
  example: { name: 'SHOP_API_KEY' },
  failure: 'Deletion failed',
}) {}

@Handles(DeleteSecretCommand)
export class DeleteSecretHandler {
  constructor(private readonly versions: SecretVersions) {}

  async execute({ input: { name }, caller }: DeleteSecretCommand) {
    return inTransaction(async (tx, trail) => {
      const secret = await this.versions.find(tx, caller, name);
      if (!secret)
        throw new AppError({ code: 'secret.not-found', kind: 'not-found', details: ['Secret not found'] });
      trail.before = secretView(secret);
      return { name, deletedAt: isoTime(await this.versions.delete(tx, secret)) };
    });
  }
}
