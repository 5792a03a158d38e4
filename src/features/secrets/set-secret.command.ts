import { z } from 'zod';
import { bpmRequest, Handles, inTransaction } from '../../bus/index.ts';
import { secretConfigKeys, secretName, secretValue } from './secret.rules.ts';
import { SecretVersions } from './secret-versions.ts';
import { secretView } from './secret-view.ts';

/** Sets a secret for the scripts of the named configurations; their next run reads it by `secrets.get(name)`. */
export class SetSecretCommand extends bpmRequest({
  kind: 'command',
  permission: 'secrets:write',
  input: z.strictObject({ name: secretName, value: secretValue, configKeys: secretConfigKeys }),
  secretFields: ['value'],
  success: 'Secret set successfully',
  example: { name: 'SHOP_API_KEY', value: '…', configKeys: ['order-paid'] },
  failure: 'Setting failed',
}) {}

@Handles(SetSecretCommand)
export class SetSecretHandler {
  constructor(private readonly versions: SecretVersions) {}

  async execute({ input, caller }: SetSecretCommand) {
    return inTransaction(async (tx, trail) => {
      const before = await this.versions.find(tx, caller, input.name);
      if (before) trail.before = secretView(before);
      const view = secretView(await this.versions.set(tx, input, caller));
      trail.after = view;
      return view;
    });
  }
}
