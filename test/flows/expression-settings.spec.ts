import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { refusesInput } from '../commands/support/refusals.ts';
import { type Cast, startWithRoles } from '../support/roles.ts';

const type = 'CreateWebHookConfigCommand';
let cast: Cast;

beforeAll(async () => {
  cast = await startWithRoles();
});
afterAll(() => cast.stop());

const fields = () => ({
  key: 'settings',
  description: 'Never saved',
  isEnabled: true,
  path: '/webhooks/settings',
  action: 'POST',
  executionType: 2,
  executionCode: 'return 1;',
});

describe('an expression or a schema that could not work is not saved', () => {
  refusesInput({ cast: () => cast, type, fields }, [
    [{ idempotency: { key: '=1 +' } }, [expect.stringMatching(/^Idempotency.key does not parse: /)]],
    [{ activationCondition: true }, ['ActivationCondition must be a string']],
    [{ activationCondition: 'true' }, ['ActivationCondition does not parse: it must start with "="']],
    [{ activationCondition: '=' }, ['ActivationCondition does not parse: there is nothing after "="']],
    [{ responseExpression: '={status: 201' }, ['ResponseExpression does not parse: it ends too early']],
    [
      { activationCondition: '=a b)', responseExpression: '=1 +' },
      [
        'ActivationCondition does not parse: unexpected ")" (line 1, column 5)',
        'ResponseExpression does not parse: it ends too early',
      ],
    ],
    [
      { activationCondition: `=${'x'.repeat(16_384)}` },
      ['ActivationCondition must be at most 16384 characters long'],
    ],
    [{ inputMapping: '={}' }, ['InputMapping is not for ExecutionType 2 (ExecuteCode)']],
    [
      {
        executionType: 0,
        executionCode: undefined,
        commandName: 'GetWebHookConfigListQuery',
        inputMapping: '={',
      },
      ['InputMapping does not parse: it ends too early'],
    ],
    [{ bodySchema: 'x' }, ['BodySchema must be an object']],
    [{ bodySchema: { type: 'text' } }, [expect.stringMatching(/^BodySchema does not compile: .*data\/type/)]],
    [
      { bodySchema: { pattern: '(' } },
      [expect.stringMatching(/^BodySchema does not compile: Invalid regular/)],
    ],
    [
      { bodySchema: { $ref: 'http://127.0.0.1:1/schema' } },
      [expect.stringMatching(/^BodySchema does not compile: can't resolve reference/)],
    ],
    [
      { bodySchema: { description: 'x'.repeat(65_536) } },
      ['BodySchema must be at most 65536 characters long as JSON'],
    ],
  ]);

  it.each([
    ['an expression of 8000 brackets', { activationCondition: `=${'('.repeat(8000)}1${')'.repeat(8000)}` }],
    ['an expression of 16000 lists that do not end', { activationCondition: `=${'['.repeat(16_000)}` }],
    [
      'a schema that is deep',
      { bodySchema: JSON.parse(`${'{"not":'.repeat(50)}{}${'}'.repeat(50)}`) as object },
    ],
    ['a schema of references to itself', { bodySchema: { $ref: '#' } }],
    [
      'a schema with a hostile name',
      { bodySchema: { properties: { '"]);process.exit(1);//': { const: '`${x}' } } } },
    ],
  ])('whatever it is, the check ends and the server lives: %s', async (_what, changes) => {
    const key = `check-${Math.random().toString(36).slice(2)}`;
    const answer = await cast.signalbox.command(type, {
      ...fields(),
      key,
      path: `/webhooks/${key}`,
      ...changes,
    });
    expect([200, 400]).toContain(answer.status);
    expect(await cast.signalbox.command('GetWebHookConfigListQuery')).toMatchObject({ status: 200 });
  });
});

describe('expressions and a schema that could work', () => {
  const settings = {
    activationCondition: '=request.body.id != null // all that have one',
    bodySchema: { type: 'object', required: ['id'], properties: { id: { type: 'string', pattern: '^a' } } },
    responseExpression: '={status: 202, body: result}',
  };

  it('are shown as they were saved, and gone when an update does not send them', async () => {
    const key = 'kept';
    const made = await cast.signalbox.createConfig(key, settings);
    const found = await cast.signalbox.command('GetWebHookConfigByIdQuery', { id: made['id'] });
    expect(found.body.data).toMatchObject({ ...settings, inputMapping: null });
    const { key: _, ...rest } = { ...fields(), path: '/webhooks/kept' };
    const updated = await cast.signalbox.command('UpdateWebHookConfigCommand', { id: made['id'], ...rest });
    expect(updated.body.data).toMatchObject({ activationCondition: null, bodySchema: null, version: 2 });
  });

  it('are checked by an update too', async () => {
    const made = await cast.signalbox.createConfig('updated', settings);
    const { key: _, ...rest } = { ...fields(), path: '/webhooks/updated', activationCondition: '=1 +' };
    const { status, body } = await cast.signalbox.command('UpdateWebHookConfigCommand', {
      id: made['id'],
      ...rest,
    });
    expect([status, body.errors]).toEqual([400, ['ActivationCondition does not parse: it ends too early']]);
  });
});
