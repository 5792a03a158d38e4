import { z } from 'zod';
import { bpmRequest, Handles, inTransaction } from '../../bus/index.ts';
import { AccessTokens } from './access-tokens.ts';
import { ManagedCallers } from './managed-callers.ts';
import { exceedsOwn } from './caller.errors.ts';

/**
 * Signs access tokens with a new key. Tokens of the old one work until they expire, an hour at most; with
 * `revokeOld` they stop at once, for a key that somebody else may know.
 */
export class RotateSigningKeyCommand extends bpmRequest({
  kind: 'command',
  permission: 'access:manage',
  input: z.strictObject({ revokeOld: z.boolean().default(false) }),
  success: 'Signing key rotated successfully',
  example: { revokeOld: false },
  failure: 'Rotation failed',
}) {}

@Handles(RotateSigningKeyCommand)
export class RotateSigningKeyHandler {
  constructor(
    private readonly tokens: AccessTokens,
    private readonly managed: ManagedCallers,
  ) {}

  async execute({ input: { revokeOld }, caller }: RotateSigningKeyCommand) {
    // The key is everybody's: who is bound to an account may not end the tokens of others.
    if (caller.isAccountBound) throw exceedsOwn();
    const rotate = await this.tokens.rotate({ isOldRevoked: revokeOld });
    return inTransaction(async (tx) => {
      await this.managed.mustStillManage(tx, caller);
      return { kid: await rotate(tx) };
    });
  }
}
