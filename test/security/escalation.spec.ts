import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dataOf, type ReceivedAnswer, sendRequest } from '../flows/send-request.ts';
import { RoleHouse } from './prepare-roles.ts';

type Headers = Record<string, string>;

let house: RoleHouse;
let designer: Headers;
let victimId: number;
let made = 0;

beforeAll(async () => {
  house = await RoleHouse.open();
  designer = await house.credentialsOf('designer');
  victimId = Number((await house.signalbox.createConfig('victim'))['id']);
});

afterAll(() => house.close());

function config(key: string, fields: object = { executionCode: 'return 1;' }) {
  return {
    key,
    description: 'd',
    isEnabled: true,
    path: `/webhooks/${key}`,
    action: 'POST',
    executionType: 2,
    ...fields,
  };
}

async function createdBy(who: Headers, fields: object): Promise<string> {
  const key = `made-${++made}`;
  const answer = await house.signalbox.command('CreateWebHookConfigCommand', config(key, fields), who);
  expect(answer.body).toMatchObject({ success: true });
  return key;
}

function call(key: string, body: unknown = {}, headers: Headers = {}): Promise<ReceivedAnswer> {
  return sendRequest(house.signalbox.url, {
    path: `/api/webhooks/dynamic/${key}`,
    headers: { 'Content-Type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
}

async function find(key: string): Promise<Record<string, unknown> | null> {
  const { body } = await house.signalbox.command('LookupWebHookByKeyCommand', { key });
  return body.data;
}

/** Body fields by which somebody might hope to be somebody else. */
const pretences = {
  $type: 'DeleteWebHookConfigCommand',
  caller: { id: 'usr_admin', permissions: ['webhooks:write', 'access:manage'] },
  callerId: 'usr_admin',
  ownerId: 'usr_admin',
  accountId: 'other',
  permissions: ['webhooks:write', 'access:manage'],
  role: 'admin',
  origin: { executionId: 'exe_1' },
};

describe.each(['viewer', 'operator'] as const)('a %s', (name) => {
  it('can save, change, switch or delete no configuration, nor call out', async () => {
    const who = await house.credentialsOf(name);
    const { key: _key, ...fields } = config('victim');
    for (const [type, input] of [
      ['CreateWebHookConfigCommand', config('forbidden')],
      ['UpdateWebHookConfigCommand', { id: victimId, ...fields }],
      ['ActivateWebHookConfigCommand', { id: victimId }],
      ['DeactivateWebHookConfigCommand', { id: victimId }],
      ['DeleteWebHookConfigCommand', { id: victimId }],
      ['SaveWebHookConfigDraftCommand', { id: victimId, ...fields }],
      ['PublishWebHookConfigDraftCommand', { id: victimId }],
      ['RestoreWebHookConfigVersionCommand', { id: victimId, version: 1 }],
      ['SetSecretCommand', { name: 'KEY', value: 'v', configKeys: ['victim'] }],
      ['DeleteSecretCommand', { name: 'KEY' }],
      ['SendHttpRequestCommand', { method: 'GET', url: 'http://127.0.0.1:1/' }],
    ] as const) {
      const answer = await house.signalbox.command(type, input, who);
      expect([answer.status, answer.body.code]).toEqual([403, 'access.permission-missing']);
      const pretending = await house.signalbox.command(type, { ...input, ...pretences, $type: type }, who);
      expect(pretending.status).toBe(403);
    }
    expect(await find('forbidden')).toBeNull();
    expect(await find('victim')).toMatchObject({ isEnabled: true, version: 1 });
  });

  it('learns nothing about the input before the permission is checked', async () => {
    const who = await house.credentialsOf(name);
    const answer = await house.signalbox.command(
      'DeleteWebHookConfigCommand',
      { id: 'nonsense', more: 1 },
      who,
    );
    expect(answer.status).toBe(403);
  });

  it('may read', async () => {
    const who = await house.credentialsOf(name);
    expect((await house.signalbox.command('GetWebHookConfigListQuery', {}, who)).status).toBe(200);
    expect((await house.signalbox.command('GetWebHookExecutionListQuery', {}, who)).status).toBe(200);
  });
});

describe('the caller of a webhook', () => {
  it('gives a script nothing by bringing credentials of an admin along', async () => {
    const code = `return doCmd('DeactivateWebHookConfigCommand', { id: ${victimId} });`;
    const key = await createdBy(designer, { executionCode: code });
    await house.giveRole('designer', 'viewer');
    const admin = await house.credentialsOf('admin');
    for (const headers of [
      { 'X-API-Key': house.signalbox.apiKey },
      admin,
      { ...admin, 'X-API-Key': house.signalbox.apiKey },
    ]) {
      expect(dataOf(await call(key, {}, headers))).toMatchObject({
        success: false,
        code: 'access.permission-missing',
      });
    }
    expect(await find('victim')).toMatchObject({ isEnabled: true, version: 1 });
    await house.giveRole('designer', 'designer');
    designer = await house.credentialsOf('designer');
  });

  it('gives a native command nothing by credentials, body, query or path', async () => {
    const key = await createdBy(designer, {
      executionType: 0,
      commandName: 'DeactivateWebHookConfigCommand',
    });
    await house.giveRole('designer', 'operator');
    const answer = await sendRequest(house.signalbox.url, {
      path: `/api/webhooks/dynamic/${key}?$type=GetWebHookConfigListQuery&permissions=webhooks:write`,
      headers: { 'Content-Type': 'application/json', 'X-API-Key': house.signalbox.apiKey },
      body: JSON.stringify({ ...pretences, id: victimId }),
    });
    expect(answer.status).toBe(500);
    expect(answer.json).toMatchObject({ code: 'webhook.owner-not-permitted' });
    expect(await find('victim')).toMatchObject({ isEnabled: true, version: 1 });
    await house.giveRole('designer', 'designer');
    designer = await house.credentialsOf('designer');
  });

  it('changes with $type, caller and the like in the body neither the command nor who gives it', async () => {
    const key = await createdBy(designer, { executionType: 0, commandName: 'CreateWebHookConfigCommand' });
    dataOf(await call(key, { ...config('by-body'), ...pretences }));
    expect(await find('by-body')).toMatchObject({ ownerId: house.idOf.designer, accountId: 'default' });
    expect(await find('victim')).toMatchObject({ isEnabled: true, version: 1 });
  });

  it('does not decide what a script that passes its body on may do', async () => {
    const code = `return doCmd('GetWebHookConfigByIdQuery', context.body);`;
    const key = await createdBy(designer, { executionCode: code });
    for (const name of Object.keys(pretences)) {
      const answer = await call(key, { id: victimId, [name]: pretences[name as keyof typeof pretences] });
      expect(dataOf(answer)).toMatchObject({ success: false, errors: [`Unknown field "${name}"`] });
    }
    const proto = await call(key, `{"id":${victimId},"__proto__":{"$type":"DeleteWebHookConfigCommand"}}`);
    expect(dataOf(proto)).toMatchObject({ success: false });
    expect(await find('victim')).toMatchObject({ isEnabled: true, version: 1 });
  });
});

async function saved(fields: object): Promise<unknown> {
  const input = config(`saved-${++made}`, fields);
  return (await house.signalbox.command('CreateWebHookConfigCommand', input, designer)).body;
}

describe('a configuration', () => {
  it('cannot be saved for a command that does not exist, whoever saves it', async () => {
    for (const commandName of ['NoSuchCommand', '__proto__', 'constructor', 'getwebhookconfiglistquery', ' '])
      expect(await saved({ executionType: 0, commandName })).toMatchObject({
        success: false,
        errors: [expect.stringContaining('names no command')],
      });
  });

  it.each(['ownerId', 'caller', 'accountId', 'permissions', 'version', 'savedBy', 'id'])(
    'cannot be saved with a %s of the saver’s choice',
    async (name) => {
      const answer = await saved({
        executionCode: 'return 1;',
        [name]: name === 'id' || name === 'version' ? 99 : 'usr_admin',
      });
      expect(answer).toMatchObject({ success: false, errors: [`Unknown field "${name}"`] });
    },
  );

  it('acts as whoever saved it last', async () => {
    const code = `return doCmd('CreateWebHookConfigCommand', context.body).data?.ownerId ?? null;`;
    const key = await createdBy({ 'X-API-Key': house.signalbox.apiKey }, { executionCode: code });
    const before = await find(key);
    expect(dataOf(await call(key, config('first')))).toBe(before?.['ownerId']);
    const { key: _key, ...fields } = config(key, { executionCode: code });
    const update = { id: before?.['id'], ...fields };
    const { body } = await house.signalbox.command('UpdateWebHookConfigCommand', update, designer);
    expect(body.data).toMatchObject({ ownerId: house.idOf.designer, version: 2 });
    expect(dataOf(await call(key, config('second')))).toBe(house.idOf.designer);
    expect(await find('second')).toMatchObject({ ownerId: house.idOf.designer });
  });

  it('does not change hands when it is only switched off and on', async () => {
    const key = await createdBy(designer, { executionCode: 'return 1;' });
    const id = (await find(key))?.['id'];
    await house.signalbox.command('DeactivateWebHookConfigCommand', { id });
    await house.signalbox.command('ActivateWebHookConfigCommand', { id });
    expect(await find(key)).toMatchObject({ ownerId: house.idOf.designer, isEnabled: true });
  });
});

describe('a script that has ended', () => {
  it('gives no command that is not a step of its execution', async () => {
    const code = `
      const late = async () => { for (let n = 0; n < 50; n++) await null; doCmd('CreateWebHookConfigCommand', context.body); };
      late();
      return 'ended';`;
    const key = await createdBy(designer, { executionCode: code });
    const answer = await call(key, config('late'));
    expect(dataOf(answer)).toBe('ended');
    const { steps } = await house.signalbox.execution<{ steps: unknown[] }>(
      String(answer.headers['x-execution-id']),
    );
    expect(steps.length).toBe((await find('late')) === null ? 0 : 1);
  });

  it('because it ran too long gives no command any more', async () => {
    const code = `
      const until = Date.now() + 5000;
      while (Date.now() < until);
      doCmd('CreateWebHookConfigCommand', context.body);`;
    const key = await createdBy(designer, { executionCode: code });
    const begun = Date.now();
    expect((await call(key, config('too-late'))).status).toBe(504);
    // By then it would long have given its command.
    await new Promise((resolve) => setTimeout(resolve, begun + 6_000 - Date.now()));
    expect(await find('too-late')).toBeNull();
  });
});
