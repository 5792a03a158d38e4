import { describe, expect, it } from 'vitest';
import type { Caller, KnownCommands } from '../../bus/index.ts';
import type { ExpressionPool } from '../../engines/expression/index.ts';
import type { ScriptPool } from '../../engines/script/index.ts';
import { CheckRunnable } from './check-runnable.ts';
import type { ConfigFields } from './webhook-config.rules.ts';

type Permission = Caller['permissions'] extends ReadonlySet<infer P> ? P : never;

const permissionOf: Record<string, Permission> = { Look: 'webhooks:read', Send: 'http:send' };
const commands = {
  find: (name: string) => permissionOf[name] && { permissions: [permissionOf[name]] },
} as unknown as KnownCommands;
const checksAt = (publicUrl: string | null) =>
  new CheckRunnable(commands, {} as ScriptPool, {} as ExpressionPool, { publicUrl });
const checks = checksAt(null);

const saverWith = (...permissions: Permission[]) =>
  ({ permissions: new Set(permissions) }) as unknown as Caller;
const save = (commandChain: object[], saver: Caller) =>
  checks.check(
    { path: '/webhooks/a', action: 'POST', executionType: 1, commandChain } as ConfigFields,
    'a',
    saver,
  );

describe('a chain whose saver may not run', () => {
  it.each([
    ['a step', [{ commandName: 'Look' }, { commandName: 'Send' }]],
    ['a compensation', [{ commandName: 'Look', compensation: { commandName: 'Send' } }]],
  ])('%s of it himself is refused, and else it is not', async (_, chain) => {
    await expect(save(chain, saverWith('webhooks:read'))).rejects.toMatchObject({
      kind: 'forbidden',
      details: ['The permission http:send is missing: a webhook runs only what its saver may run'],
    });
    await expect(save(chain, saverWith('webhooks:read', 'http:send'))).resolves.toBeUndefined();
  });
});

const saved = (publicUrl: string | null, verification: object) =>
  checksAt(publicUrl).check(
    {
      path: '/webhooks/a',
      action: 'POST',
      executionType: 0,
      commandName: 'Look',
      verification,
    } as unknown as ConfigFields,
    'a',
    saverWith('webhooks:read'),
  );

describe('a verification of what signs the URL', () => {
  const hmac = { scheme: 'hmac', name: 'X-Signature', signedContent: '{url}{body}' };

  it.each([{ scheme: 'preset', name: 'twilio' }, hmac])(
    'needs to know how the outside reaches us: %j',
    async (verification) => {
      await expect(saved(null, verification)).rejects.toMatchObject({
        details: [expect.stringContaining('needs PUBLIC_URL')],
      });
      await expect(saved('https://hooks.example.com', verification)).resolves.toBeUndefined();
      await expect(saved(null, { ...hmac, signedContent: '{body}' })).resolves.toBeUndefined();
    },
  );
});
