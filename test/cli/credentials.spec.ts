import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { madeClient } from '../commands/support/access.ts';
import { Signalbox } from '../support/signalbox.ts';
import { runClient } from './run-client.ts';

let signalbox: Signalbox;

beforeAll(async () => {
  signalbox = await Signalbox.start();
});
afterAll(() => signalbox.stop());

describe('An API client at the command line', () => {
  it('gets its token from the server itself, and may what it may', async () => {
    const { id, clientSecret } = await madeClient(signalbox, {
      permissions: ['webhooks:read', 'events:publish'],
    });
    const env = {
      SIGNALBOX_URL: signalbox.url,
      SIGNALBOX_CLIENT_ID: id,
      SIGNALBOX_CLIENT_SECRET: clientSecret,
    };
    const published = await runClient(
      ['cmd', 'PublishEventCommand', '--type', 'order.paid', '--payload', '{"total":5}'],
      { env },
    );
    expect(published).toMatchObject({ code: 0, stderr: '' });
    expect(JSON.parse(published.stdout)).toMatchObject({ type: 'order.paid' });
    const secrets = await runClient(['cmd', 'GetSecretListQuery'], { env });
    expect(secrets.code).toBe(0);
    const users = await runClient(['cmd', 'GetUserListQuery'], { env });
    expect(users.code).toBe(1);
    expect(users.stderr).toContain('access:manage');
  });

  it('is told that its secret is wrong, without the secret', async () => {
    const { id } = await madeClient(signalbox);
    const env = {
      SIGNALBOX_URL: signalbox.url,
      SIGNALBOX_CLIENT_ID: id,
      SIGNALBOX_CLIENT_SECRET: 'sbs_wrong',
    };
    const { code, stdout, stderr } = await runClient(['cmd', '--list'], { env });
    expect(code).toBe(1);
    expect(stderr).toContain('The client or its secret is not valid');
    expect(stdout + stderr).not.toContain('sbs_wrong');
  });

  it('acts in the account that SIGNALBOX_ACCOUNT names, and one who is bound to another is told', async () => {
    const env = {
      SIGNALBOX_URL: signalbox.url,
      SIGNALBOX_API_KEY: signalbox.apiKey,
      SIGNALBOX_ACCOUNT: 'acme',
    };
    const made = await runClient(
      ['cmd', 'CreateUserCommand', '--username', 'ada', '--password', 'a first password', '--role', 'viewer'],
      { env },
    );
    expect(JSON.parse(made.stdout)).toMatchObject({ username: 'ada', accountId: 'acme' });
    const { apiKey } = await madeClient(signalbox, { role: 'viewer', accountId: 'other' });
    const refused = await runClient(['cmd', 'GetSecretListQuery'], {
      env: { ...env, SIGNALBOX_API_KEY: apiKey },
    });
    expect([refused.code, refused.stderr]).toEqual([
      1,
      expect.stringContaining('There is no account "acme"'),
    ]);
  });
});
