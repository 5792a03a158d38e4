import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { scriptFields } from '../commands/support/config-shape.ts';
import { RoleHouse } from './prepare-roles.ts';

type Headers = Record<string, string>;
type Role = 'viewer' | 'operator' | 'designer' | 'admin';

let house: RoleHouse;
let as: Record<Role, Headers>;
let server: Server;
let hits = 0;
let victimId: number;

const script = (code: string) => ({ executionCode: `return ${code};` });

beforeAll(async () => {
  server = createServer((_request, response) => {
    hits += 1;
    response.end('{}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  house = await RoleHouse.open({ OUTBOUND_ALLOWED_NETWORKS: '127.0.0.1' });
  victimId = Number((await house.signalbox.createConfig('victim'))['id']);
  as = {
    viewer: await house.credentialsOf('viewer'),
    operator: await house.credentialsOf('operator'),
    designer: await house.credentialsOf('designer'),
    admin: await house.credentialsOf('admin'),
  };
  await define('admin', 'AdminsOwnCommand', { ...script('"done"'), permission: 'access:manage' });
  for (const [who, name] of [
    ['admin', 'ByAdmin'],
    ['designer', 'ByDesigner'],
  ] as const) {
    const switching = `doCmd('DeactivateWebHookConfigCommand', { id: ${victimId} })`;
    await define(who, `${name}SwitchCommand`, script(switching));
    await define(who, `${name}AdminsCommand`, script(`doCmd('AdminsOwnCommand', {})`));
    await define(who, `${name}SendCommand`, { http: { method: 'POST', url } });
    await define(who, `${name}CreateCommand`, {
      ...script(`doCmd('CreateWebHookConfigCommand', context.input)`),
      inputSchema: { additionalProperties: true },
    });
  }
  await define('designer', 'BetweenCommand', script(`doCmd('ByAdminAdminsCommand', {}).data`));
});
afterAll(async () => {
  await house.close();
  server.close();
});

async function define(who: Role, name: string, fields: object): Promise<void> {
  const definition = { name, description: name, permission: 'webhooks:read', inputSchema: {}, ...fields };
  const { body } = await house.signalbox.command('CreateCommandDefinitionCommand', definition, as[who]);
  if (!body.success) throw new Error(JSON.stringify(body));
}

const give = (who: Role, name: string, fields = {}) => house.signalbox.command(name, fields, as[who]);
/** What the script's own command came to. */
const within = async (who: Role, name: string) => (await give(who, name)).body.data;
const missing = (permission: string) => ({
  success: false,
  data: null,
  message: 'Permission denied',
  errors: [`The permission ${permission} is missing`],
  code: 'access.permission-missing',
});

/** The configuration that the script made. */
async function created(who: Role, name: string, key: string) {
  const { body } = await give(who, name, { key, ...scriptFields(key) });
  return body.data['data'] as { ownerId: string };
}

async function victimIsEnabled(): Promise<unknown> {
  const { body } = await house.signalbox.command('GetWebHookConfigByIdQuery', { id: victimId });
  return body.data['isEnabled'];
}

describe('Whoever starts a defined command', () => {
  it.each(['viewer', 'operator'] as const)('as a %s gets no more than he may himself', async (who) => {
    for (const name of ['ByAdminSwitchCommand', 'ByDesignerSwitchCommand'])
      expect(await within(who, name)).toEqual(missing('webhooks:write'));
    expect(await victimIsEnabled()).toBe(true);
    for (const name of ['ByAdminSendCommand', 'ByDesignerSendCommand'])
      expect((await give(who, name)).body).toEqual(missing('http:send'));
    expect(hits).toBe(0);
    expect(await within(who, 'ByAdminCreateCommand')).toEqual(missing('webhooks:write'));
  });

  it('needs the permission that it was defined with', async () => {
    expect((await give('designer', 'AdminsOwnCommand')).body).toEqual(missing('access:manage'));
    expect((await give('admin', 'AdminsOwnCommand')).body.data).toBe('done');
  });

  it('lends nothing to whoever wrote it', async () => {
    expect(await within('admin', 'ByDesignerAdminsCommand')).toEqual(missing('access:manage'));
    expect(await within('admin', 'ByAdminAdminsCommand')).toMatchObject({ data: 'done' });
    expect(await within('designer', 'ByAdminAdminsCommand')).toEqual(missing('access:manage'));
  });

  it('lends nothing to one between two others either', async () => {
    expect(await within('admin', 'BetweenCommand')).toEqual(missing('access:manage'));
  });

  it('owns what it leaves behind where he may less than its writer, and else its writer does', async () => {
    expect(await created('designer', 'ByAdminCreateCommand', 'left-a')).toMatchObject({
      ownerId: house.idOf.designer,
    });
    expect(await created('admin', 'ByDesignerCreateCommand', 'left-b')).toMatchObject({
      ownerId: house.idOf.designer,
    });
  });

  it('cannot be somebody else by what he sends', async () => {
    const pretences = {
      caller: { id: 'usr_admin' },
      permissions: ['webhooks:write'],
      origin: {},
      nesting: 0,
    };
    await define('admin', 'EchoCommand', {
      inputSchema: { additionalProperties: true },
      executionCode: `
      return [context.input.caller.id, doCmd('DeactivateWebHookConfigCommand', { id: ${victimId} }).code];`,
    });
    expect((await give('viewer', 'EchoCommand', pretences)).body.data).toEqual([
      'usr_admin',
      'access.permission-missing',
    ]);
  });
});

describe('A configuration that runs a defined command', () => {
  it('may no more than its own saver', async () => {
    const key = 'by-designer';
    const fields = {
      key,
      ...scriptFields(key),
      executionCode: `return doCmd('ByAdminAdminsCommand', {}).data;`,
    };
    await house.signalbox.command('CreateWebHookConfigCommand', fields, as.designer);
    expect(await (await house.signalbox.call(key, {})).json()).toMatchObject({
      data: missing('access:manage'),
    });
  });

  it('cannot be saved by who may not run the command', async () => {
    const answer = await house.signalbox.command(
      'CreateWebHookConfigCommand',
      {
        key: 'no',
        ...scriptFields('no'),
        executionCode: undefined,
        executionType: 0,
        commandName: 'AdminsOwnCommand',
      },
      as.designer,
    );
    expect([answer.status, answer.body.errors]).toEqual([
      403,
      ['The permission access:manage is missing: a webhook runs only what its saver may run'],
    ]);
  });
});

describe('What was taken from whoever saved a defined command last', () => {
  it('is taken from the command too, whoever starts it', async () => {
    await house.giveRole('designer', 'viewer');
    expect(await within('admin', 'ByDesignerSwitchCommand')).toEqual(missing('webhooks:write'));
    expect((await give('admin', 'ByDesignerSendCommand')).body).toEqual(missing('http:send'));
    expect(hits).toBe(0);
    expect(await victimIsEnabled()).toBe(true);
  });

  it('does not come back by being started by him', async () => {
    expect((await give('designer', 'ByAdminSendCommand')).body).toEqual(missing('http:send'));
  });

  it('is everything when he is disabled: 503, and lists show it', async () => {
    await house.signalbox.createConfig('sending', { executionType: 0, commandName: 'ByDesignerSendCommand' });
    await house.setEnabled('designer', false);
    const answer = await give('admin', 'ByDesignerSendCommand');
    expect([answer.status, answer.body.code]).toEqual([503, 'command-definition.owner-disabled']);
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await within('admin', 'ByDesignerSwitchCommand')).toMatchObject({
      success: false,
      code: 'command-definition.owner-disabled',
    });
    const called = await house.signalbox.call('sending', {});
    expect([called.status, await called.json()]).toMatchObject([
      503,
      { code: 'command-definition.owner-disabled' },
    ]);
    const { body } = await house.signalbox.command('GetCommandDefinitionListQuery', {
      search: 'ByDesignerSend',
    });
    expect(body.data['items']).toMatchObject([{ isOwnerEnabled: false }]);
    expect(hits).toBe(0);
  });

  it('is back when somebody who may saves it again', async () => {
    const { body } = await house.signalbox.command<{ items: { id: string; http: object }[] }>(
      'GetCommandDefinitionListQuery',
      { search: 'ByDesignerSend' },
    );
    const [{ id, http }] = body.data.items as [{ id: string; http: object }];
    const fields = { id, description: 'd', permission: 'webhooks:read', inputSchema: {}, http };
    expect((await give('admin', 'UpdateCommandDefinitionCommand', fields)).status).toBe(200);
    expect((await give('admin', 'ByDesignerSendCommand')).status).toBe(200);
    expect((await house.signalbox.call('sending', {})).status).toBe(200);
    expect(hits).toBe(2);
  });
});
