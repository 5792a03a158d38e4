import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inElsewhere, madeClient } from '../commands/support/access.ts';
import { scriptFields } from '../commands/support/config-shape.ts';
import { settled } from '../integrations/notifications.ts';
import { commandExamples } from '../support/command-examples.ts';
import { FakeMono } from '../support/fake-mono.ts';
import { type Cast, startWithRoles } from '../support/roles.ts';

/** What each role may do, as the documents say. */
const reading = [
  'webhooks:read',
  'executions:read',
  'processes:read',
  'subscriptions:read',
  'integrations:read',
];
const operating = [...reading, 'executions:replay', 'processes:run', 'events:publish'];
const designing = [
  ...operating,
  'webhooks:write',
  'processes:write',
  'commands:define',
  'secrets:write',
  'subscriptions:write',
  'http:send',
];
const documented: Readonly<Record<string, readonly string[]>> = {
  viewer: reading,
  operator: operating,
  designer: designing,
  admin: [...designing, 'access:manage'],
};

interface Item {
  $type: string;
  kind: string;
  permission: string;
}

type Fields = Record<string, unknown>;

const MONO_SECRET = randomBytes(16).toString('hex');
let cast: Cast;
let items: Item[];
let examples: Record<string, Fields>;
let headersOf: Readonly<Record<string, Record<string, string>>>;

beforeAll(async () => {
  cast = await startWithRoles({ MONO_WEBHOOK_SECRET: MONO_SECRET });
  const { signalbox, as } = cast;
  items = (await signalbox.command<{ items: Item[] }>('GetCommandCatalogueQuery')).body.data.items;
  examples = await commandExamples(signalbox);
  const admin = await madeClient(signalbox, { role: 'admin' });
  headersOf = { ...as, admin: { 'X-API-Key': admin.apiKey } };
});
afterAll(() => cast.stop());

describe('Every command', () => {
  it('needs one permission of the closed list', () => {
    for (const { permission } of items) expect(documented['admin']).toContain(permission);
    expect(items.length).toBeGreaterThan(40);
  });

  it.each(Object.keys(documented))(
    'passes for a %s exactly where his role has its permission',
    async (role) => {
      const passed: string[] = [];
      for (const { $type } of items) {
        const { status, body } = await cast.signalbox.command($type, examples[$type], headersOf[role]);
        const isRefused = status === 403 && body.code === 'access.permission-missing';
        if (!isRefused) passed.push($type);
        // With the permission it may fail for its own reasons, and for no surprise.
        expect([$type, status]).not.toEqual([$type, 401]);
        expect([$type, status]).not.toEqual([$type, 500]);
      }
      const expected = items
        .filter(({ permission }) => documented[role]!.includes(permission))
        .map(({ $type }) => $type);
      expect(passed).toEqual(expected);
    },
  );

  it('passes for nobody without credentials', async () => {
    for (const { $type } of items)
      expect((await cast.signalbox.command($type, examples[$type], {})).status).toBe(401);
  });
});

/** What is in the account `default`, by the field that names it. */
interface Things {
  configId: number;
  key: string;
  executionId: string;
  secret: string;
  userId: string;
  clientId: string;
  definitionId: string;
  notificationId: string;
}

/** Fields with which a stranger asks about the things of another account, or about things that are nowhere. */
const asking: Readonly<Record<string, (things: Things) => Fields>> = {
  ActivateWebHookConfigCommand: ({ configId }) => ({ id: configId }),
  DeactivateWebHookConfigCommand: ({ configId }) => ({ id: configId }),
  DeleteWebHookConfigCommand: ({ configId }) => ({ id: configId }),
  UpdateWebHookConfigCommand: ({ configId }) => ({ id: configId, ...scriptFields('strange') }),
  GetWebHookConfigByIdQuery: ({ configId }) => ({ id: configId }),
  GetWebHookConfigVersionListQuery: ({ configId }) => ({ id: configId }),
  RestoreWebHookConfigVersionCommand: ({ configId }) => ({ id: configId, version: 1 }),
  SaveWebHookConfigDraftCommand: ({ configId }) => ({ id: configId, ...scriptFields('strange') }),
  PublishWebHookConfigDraftCommand: ({ configId }) => ({ id: configId }),
  DiscardWebHookConfigDraftCommand: ({ configId }) => ({ id: configId }),
  LookupWebHookByKeyCommand: ({ key }) => ({ key }),
  GetWebHookExecutionByIdQuery: ({ executionId }) => ({ id: executionId }),
  GetWebHookExecutionListQuery: ({ key }) => ({ key }),
  GetWebHookStatisticsQuery: ({ key }) => ({ key }),
  ReplayWebHookExecutionCommand: ({ executionId }) => ({ id: executionId }),
  ReplayWebHookExecutionsCommand: ({ key }) => ({ key }),
  TestWebHookConfigCommand: ({ key }) => ({ key, request: { body: {} } }),
  TestWebHookVerificationQuery: ({ executionId, key }) => ({ key, executionId }),
  PurgeExecutionsCommand: ({ key }) => ({ key }),
  DeleteSecretCommand: ({ secret }) => ({ name: secret }),
  GetUserByIdQuery: ({ userId }) => ({ id: userId }),
  UpdateUserCommand: ({ userId }) => ({ id: userId, role: 'viewer' }),
  DeleteUserCommand: ({ userId }) => ({ id: userId }),
  GetApiClientByIdQuery: ({ clientId }) => ({ id: clientId }),
  UpdateApiClientCommand: ({ clientId }) => ({ id: clientId, name: 'mine' }),
  DeleteApiClientCommand: ({ clientId }) => ({ id: clientId }),
  RotateApiKeyCommand: ({ clientId }) => ({ id: clientId }),
  RotateClientSecretCommand: ({ clientId }) => ({ id: clientId }),
  GetCommandDefinitionByIdQuery: ({ definitionId }) => ({ id: definitionId }),
  DeleteCommandDefinitionCommand: ({ definitionId }) => ({ id: definitionId }),
  UpdateCommandDefinitionCommand: ({ definitionId }) => ({ id: definitionId, ...definition }),
  GetAuditLogQuery: ({ executionId }) => ({ executionId }),
  GetIntegrationNotificationByIdQuery: ({ notificationId }) => ({ id: notificationId }),
  GetIntegrationNotificationListQuery: () => ({ provider: 'mono' }),
  ReverifyIntegrationNotificationCommand: ({ notificationId }) => ({ id: notificationId }),
};

/** What names nothing that is there, or makes something of its own. */
const naming = [
  'CreateApiClientCommand',
  'CreateCommandDefinitionCommand',
  'CreateUserCommand',
  'CreateWebHookConfigCommand',
  'GetApiClientListQuery',
  'GetCommandCatalogueQuery',
  'GetCommandDefinitionListQuery',
  'GetEventListQuery',
  'GetSecretListQuery',
  'GetUserListQuery',
  'GetVerificationPresetListQuery',
  'GetWebHookConfigListQuery',
  'PublishEventCommand',
  'RotateSigningKeyCommand',
  'SendHttpRequestCommand',
  'SetSecretCommand',
];

const definition = {
  description: 'Gives one',
  inputSchema: { type: 'object' },
  permission: 'webhooks:read',
  executionCode: 'return 1;',
};

const nowhere: Things = {
  configId: 2_000_000,
  key: 'never-there',
  executionId: 'exe_01a20000-0000-7000-8000-000000000000',
  secret: 'NEVER_THERE',
  userId: 'usr_01a20000-0000-7000-8000-000000000000',
  clientId: 'cli_01a20000-0000-7000-8000-000000000000',
  definitionId: 'cdf_01a20000-0000-7000-8000-000000000000',
  notificationId: 'ntf_01a20000-0000-7000-8000-000000000000',
};

describe('What belongs to another account', () => {
  it('is asked for by each command that names something: the list is whole', () => {
    expect([...Object.keys(asking), ...naming].sort()).toEqual(items.map(({ $type }) => $type).sort());
  });

  it('answers an admin of another account exactly as what is nowhere, and stays as it was', async () => {
    const { signalbox, as } = cast;
    const key = 'theirs';
    const configId = Number((await signalbox.createConfig(key))['id']);
    await signalbox.command('SaveWebHookConfigDraftCommand', { id: configId, ...scriptFields(key) });
    const executionId = (await signalbox.call(key, { a: 1 })).headers.get('x-execution-id')!;
    await signalbox.command('SetSecretCommand', { name: 'THEIRS', value: 'v', configKeys: [key] });
    const user = cast.idOf.viewer;
    const client = await madeClient(signalbox);
    const defined = await signalbox.command<{ id: string }>('CreateCommandDefinitionCommand', {
      name: 'GiveOneCommand',
      ...definition,
    });
    const definitionId = defined.body.data.id;
    const mono = new FakeMono(() => `${signalbox.url}/api/webhooks/mono/callback`, MONO_SECRET);
    await mono.send({ event: 'mono.events.account_updated', event_id: 'theirs', data: {} });
    const { id: notificationId } = await settled(signalbox, { providerId: 'theirs' });
    const things = {
      configId,
      key,
      executionId,
      secret: 'THEIRS',
      userId: user,
      clientId: client.id,
      definitionId,
      notificationId,
    };
    const all = () =>
      Promise.all([
        signalbox.command('GetWebHookConfigByIdQuery', { id: configId }),
        signalbox.command('GetWebHookExecutionByIdQuery', { id: executionId }),
        signalbox.command('GetSecretListQuery'),
        signalbox.command('GetUserByIdQuery', { id: user }),
        signalbox.command('GetApiClientByIdQuery', { id: client.id }),
        signalbox.command('GetCommandDefinitionByIdQuery', { id: definitionId }),
        signalbox.command('GetIntegrationNotificationByIdQuery', { id: notificationId }),
      ]).then((answers) => answers.map(({ body }) => body));
    const before = await all();
    for (const [type, fieldsOf] of Object.entries(asking)) {
      const foreign = await signalbox.command(type, fieldsOf(things), as.stranger);
      const unknown = await signalbox.command(type, fieldsOf(nowhere), as.stranger);
      expect([type, foreign.status, told(foreign.body, things)]).toEqual([
        type,
        unknown.status,
        told(unknown.body, nowhere),
      ]);
      if (foreign.status >= 400) expect([type, foreign.status]).toEqual([type, 404]);
      else expect(JSON.stringify(foreign.body)).not.toContain(executionId);
    }
    expect(await all()).toEqual(before);
  });

  it('is open to who is bound to no account and says that he acts there', async () => {
    const there = await inElsewhere(cast);
    const named = { 'X-API-Key': cast.signalbox.apiKey, 'X-Account-Id': 'elsewhere' };
    expect((await cast.signalbox.command('GetUserByIdQuery', { id: there.id }, named)).status).toBe(200);
  });
});

/** A body with the names of the things taken out. */
function told(body: unknown, things: Things): string {
  let text = JSON.stringify(body);
  for (const [name, value] of Object.entries(things)) text = text.replaceAll(String(value), name);
  return text
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'time')
    .replaceAll(/"durationMs":[\d.]+/g, 'durationMs');
}
