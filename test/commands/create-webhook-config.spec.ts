import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Cast, startWithRoles } from '../support/roles.ts';
import { auditRowOf } from './support/audit-log.ts';
import { scriptFields, scriptView } from './support/config-shape.ts';
import { type Attempt, refusesInput, refusesRoles, refusesStrangers } from './support/refusals.ts';

const type = 'CreateWebHookConfigCommand';
let cast: Cast;
let made = 0;

/** Fields of a configuration that does not exist yet. */
function freshFields(): Record<string, unknown> {
  made++;
  return { key: `fresh-${made}`, ...scriptFields(`fresh-${made}`) };
}

const attempt: Attempt = { cast: () => cast, type, fields: freshFields };

beforeAll(async () => {
  cast = await startWithRoles();
});
afterAll(() => cast.stop());

describe('CreateWebHookConfigCommand', () => {
  it('answers the whole configuration, with version 1 and the saver as its owner', async () => {
    const answer = await cast.signalbox.command(type, { key: 'orders', ...scriptFields('orders') });
    expect(answer.status).toBe(200);
    const { id, ownerId } = answer.body.data;
    expect(answer.body).toStrictEqual({
      success: true,
      data: scriptView('orders', { id, ownerId }),
      message: 'Webhook configuration created successfully',
    });
    expect(id).toBeGreaterThanOrEqual(1);
    expect(ownerId).toMatch(/^cli_/);
  });

  it('shows the same time for the creation and the first save', async () => {
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => cast.signalbox.command(type, freshFields())),
    );
    for (const { body } of answers) expect(body.data['updatedAt']).toBe(body.data['createdAt']);
  });

  it('keeps every field of a native command with an address list', async () => {
    const fields = {
      ...freshFields(),
      path: '/webhooks/shops/:shop/orders',
      action: 'PUT',
      isEnabled: false,
      executionType: 0,
      executionCode: null,
      commandName: type,
      allowableIPs: '10.0.0.0/8, 2001:db8::1',
    };
    const { body } = await cast.signalbox.command(type, fields);
    expect(body).toMatchObject({ success: true, data: { ...fields, executionCode: null } });
  });

  it('makes a configuration that answers its key and its path from the next call on', async () => {
    const { key } = (await cast.signalbox.command(type, freshFields())).body.data as { key: string };
    const byKey = await cast.signalbox.call(key, { n: 1 });
    expect(await byKey.json()).toMatchObject({ success: true, data: { n: 1 } });
    const byPath = await fetch(`${cast.signalbox.url}/api/webhooks/${key}`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: '{"n":2}',
    });
    expect(await byPath.json()).toMatchObject({ success: true, data: { n: 2 } });
  });

  it('may be given by a designer, who becomes the owner', async () => {
    const answer = await cast.signalbox.command(type, freshFields(), cast.as.designer);
    expect(answer.body).toMatchObject({ success: true, data: { ownerId: cast.idOf.designer } });
  });

  it('puts the configuration into the account of its saver', async () => {
    const answer = await cast.signalbox.command(type, freshFields(), cast.as.stranger);
    expect(answer.body).toMatchObject({ success: true, data: { accountId: 'elsewhere' } });
  });

  it('allows the same path with another action', async () => {
    const first = freshFields();
    await cast.signalbox.command(type, first);
    const second = await cast.signalbox.command(type, {
      ...freshFields(),
      path: first['path'],
      action: 'GET',
    });
    expect(second.status).toBe(200);
  });

  it('takes the fixed path for a key that belongs to a fixed endpoint', async () => {
    const fields = { ...freshFields(), key: 'remita', path: '/webhooks/remita' };
    expect((await cast.signalbox.command(type, fields)).status).toBe(200);
  });

  it('audits who created what', async () => {
    const fields = freshFields();
    const answer = await cast.signalbox.command(type, fields, cast.as.designer);
    expect(await auditRowOf(cast.signalbox, answer)).toMatchObject({
      account_id: 'default',
      caller_id: cast.idOf.designer,
      caller_name: 'designer',
      command: type,
      outcome: 'succeeded',
      execution_id: null,
      input: fields,
      before: null,
      after: answer.body.data,
    });
  });

  it('audits an attempt that was refused, with the reason and without a change', async () => {
    const answer = await cast.signalbox.command(type, { ...freshFields(), key: '-' });
    expect(await auditRowOf(cast.signalbox, answer)).toMatchObject({
      outcome: 'bus.validation-failed',
      input: { key: '-' },
      before: null,
      after: null,
    });
  });

  refusesStrangers(attempt);
  refusesRoles(['viewer', 'operator'], 'webhooks:write', attempt);

  it('lets nobody save a webhook that would run what the saver may not', async () => {
    const fields = { ...freshFields(), executionType: 0, executionCode: null, commandName: type };
    const answer = await cast.signalbox.command(type, fields, cast.as.operator);
    expect(answer.status).toBe(403);
  });

  describe('conflicts', () => {
    it('are 409 for a key that is taken, and nothing is changed', async () => {
      const fields = freshFields();
      await cast.signalbox.command(type, fields);
      const answer = await cast.signalbox.command(type, { ...freshFields(), key: fields['key'] });
      expect(answer.status).toBe(409);
      expect(answer.body).toStrictEqual({
        success: false,
        data: null,
        message: 'A webhook configuration with this key already exists',
        errors: ['A webhook configuration with this key already exists'],
        code: 'webhook-config.key-taken',
      });
      const kept = await cast.signalbox.command('LookupWebHookByKeyCommand', { key: fields['key'] });
      expect(kept.body.data).toMatchObject({ path: fields['path'], version: 1 });
    });

    it.each([
      ['the same path', '/webhooks/taken/:id/x', '/webhooks/taken/:id/x'],
      ['a path that differs in parameter names only', '/webhooks/held/:id/x', '/webhooks/held/:other/x'],
    ])('are 409 for %s with the same action', async (_what, first, second) => {
      await cast.signalbox.command(type, { ...freshFields(), path: first });
      const answer = await cast.signalbox.command(type, { ...freshFields(), path: second });
      expect(answer.status).toBe(409);
      expect(answer.body).toStrictEqual({
        success: false,
        data: null,
        message: 'A webhook configuration with this path and action already exists',
        errors: ['A webhook configuration with this path and action already exists'],
        code: 'webhook-config.address-taken',
      });
    });

    it('hold across accounts: keys are unique in the installation', async () => {
      const fields = freshFields();
      await cast.signalbox.command(type, fields, cast.as.stranger);
      const answer = await cast.signalbox.command(type, { ...freshFields(), key: fields['key'] });
      expect(answer.body.code).toBe('webhook-config.key-taken');
    });

    it('let exactly one of ten simultaneous saves of one key through', async () => {
      const fields = freshFields();
      const answers = await Promise.all(
        Array.from({ length: 10 }, (_, n) =>
          cast.signalbox.command(type, { ...fields, path: `/webhooks/race/${n}` }),
        ),
      );
      const statuses = answers.map(({ status }) => status).sort();
      expect(statuses).toStrictEqual([200, ...Array.from({ length: 9 }, () => 409)]);
    });
  });
});

describe('Invalid input of CreateWebHookConfigCommand', () => {
  it('is answered with one sentence for each field that is missing', async () => {
    const answer = await cast.signalbox.command(type);
    expect(answer.status).toBe(400);
    expect(answer.body).toStrictEqual({
      success: false,
      data: null,
      message: 'Validation failed',
      errors: [
        'Key is required',
        'Description is required',
        'IsEnabled is required',
        'Path is required',
        'Action is required',
        'ExecutionType is required',
      ],
      code: 'bus.validation-failed',
    });
  });

  const keySentence =
    'Key must be 1 to 128 letters, digits, dots, underscores or hyphens, the first a letter or digit';

  refusesInput(attempt, [
    [{ key: '' }, ['Key is required']],
    [{ key: null }, ['Key is required']],
    [{ key: 5 }, ['Key must be a string']],
    [{ key: '-a' }, [keySentence]],
    [{ key: 'a b' }, [keySentence]],
    [{ key: 'a/b' }, [keySentence]],
    [{ key: 'ключ' }, [keySentence]],
    [{ key: 'a\n' }, [keySentence]],
    [{ key: 'x'.repeat(129) }, [keySentence]],
    [{ description: '' }, ['Description is required']],
    [{ description: 'x'.repeat(2001) }, ['Description must be at most 2000 characters long']],
    [{ isEnabled: 'true' }, ['IsEnabled must be true or false']],
    [{ action: 'post' }, ['Action must be one of GET, POST, PUT, PATCH, DELETE']],
    [{ action: 'HEAD' }, ['Action must be one of GET, POST, PUT, PATCH, DELETE']],
    [{ executionType: 4 }, ['ExecutionType must be one of 0, 1, 2, 3']],
    [{ executionType: '2' }, ['ExecutionType must be one of 0, 1, 2, 3']],
    [{ path: 7 }, ['Path must be a string']],
    [{ path: [] }, ['Path must be a string']],
    [{ path: '/hooks/a' }, ['Path must start with /webhooks/']],
    [{ path: '/webhooks/a/' }, ['Path must not end with a slash']],
    [{ path: '/webhooks/mono/x' }, ['Path must not lie under /webhooks/mono: that address is reserved']],
    [{ path: '/webhooks/dynamic' }, ['Path must not lie under /webhooks/dynamic: that address is reserved']],
    [{ path: '/webhooks/a/:x/:x' }, ['Path has the parameter :x twice']],
    [{ path: '/webhooks/a/../b' }, ['Path must not have the segments . and ..']],
    [
      { key: 'mono', path: '/webhooks/mono/callback', allowableIPs: '10.0.0.0/8' },
      ['AllowableIPs is not for the key mono: its endpoint checks what arrives, and counts it once'],
    ],
    [
      { key: 'mono', path: '/webhooks/mono/callback', timeoutMs: 1_000 },
      ['TimeoutMs is for responseMode sync only'],
    ],
    [
      { key: 'paystack', path: '/webhooks/paystack', idempotency: { key: '=request.body.id' } },
      ['Idempotency is not for the key paystack: its endpoint checks what arrives, and counts it once'],
    ],
    [{ key: 'mono' }, ['Path must be /webhooks/mono/callback: the key mono belongs to that endpoint']],
    [{ executionCode: undefined }, ['ExecutionCode is required']],
    [{ executionCode: '' }, ['ExecutionCode is required']],
    [{ executionCode: 'x'.repeat(262_145) }, ['ExecutionCode must be at most 262144 characters long']],
    [{ executionType: 0, executionCode: undefined }, ['CommandName is required']],
    [{ commandName: 'X' }, ['CommandName is not for ExecutionType 2 (ExecuteCode)']],
    [{ processDefinitionId: 'p' }, ['ProcessDefinitionId is not for ExecutionType 2 (ExecuteCode)']],
    [
      { executionType: 0, executionCode: undefined, commandName: 'NoSuchCommand' },
      ['CommandName names no command: there is no "NoSuchCommand"'],
    ],
    [{ allowableIPs: 10 }, ['AllowableIPs must be a string']],
    [
      { allowableIPs: '10.0.0.1, example.com' },
      ['AllowableIPs are not readable: "example.com" is not an IP address or a network such as 10.0.0.0/8.'],
    ],
    [
      { allowableIPs: '10.0.0.1/8' },
      ['AllowableIPs are not readable: "10.0.0.1/8" has host bits set; the network is "10.0.0.0/8".'],
    ],
    [{ id: 5 }, ['Unknown field "id"']],
    [{ Key: 'x' }, ['Unknown field "Key"']],
    [{ constructor: 1 }, ['Unknown field "constructor"']],
    [{ verification: {} }, [expect.stringContaining('Verification must have a scheme')]],
    [{ executionType: 1, executionCode: undefined }, ['CommandChain is required']],
    [{ timeoutMs: 0 }, ['TimeoutMs must be at least 1']],
    [{ orderingKey: '=request.ip' }, ['OrderingKey is for responseMode async only']],
  ]);

  it('names a script that does not compile with the line and column of the fault', async () => {
    const code = 'const a = 1;\nconst a = 2;';
    const { body } = await cast.signalbox.command(type, { ...freshFields(), executionCode: code });
    expect(body.message).toBe('Validation failed');
    expect(body.errors).toStrictEqual([
      expect.stringMatching(/^ExecutionCode does not compile: .*'a'.* \(line 2, column 7\)$/),
    ]);
  });

  it.each(['return (', 'if (true) {', '}', '}); evil(); (() => {'])(
    'names no line beyond the script %o, and nothing of ours around it',
    async (code) => {
      const { body } = await cast.signalbox.command(type, { ...freshFields(), executionCode: code });
      expect(body.errors).toStrictEqual([expect.stringMatching(/^ExecutionCode does not compile: /)]);
      expect(body.errors?.[0]).not.toMatch(/line [2-9]/);
    },
  );

  it.each([3])('says that ExecutionType %i is not available yet', async (executionType) => {
    const { body } = await cast.signalbox.command(type, { ...freshFields(), executionType });
    expect(body.errors).toContainEqual(
      expect.stringMatching(new RegExp(`^ExecutionType ${executionType} \\(\\w+\\) is not available yet$`)),
    );
  });
});
