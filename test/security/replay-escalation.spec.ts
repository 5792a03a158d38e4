import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { scriptFields } from '../commands/support/config-shape.ts';
import { RoleHouse } from './prepare-roles.ts';

type Headers = Record<string, string>;
type Role = 'viewer' | 'operator' | 'designer' | 'admin';

interface Execution {
  status: string;
  code: string | null;
  errors: string[];
  attempt: number;
  answer: { body: string } | null;
}

const WAIT_MS_MAX = 20_000;
let house: RoleHouse;
let as: Record<Role, Headers>;
let victimId: number;
let made = 0;

beforeAll(async () => {
  house = await RoleHouse.open();
  victimId = Number((await house.signalbox.createConfig('victim'))['id']);
  await signIn();
});
afterAll(() => house.close());

async function signIn(): Promise<void> {
  as = {
    viewer: await house.credentialsOf('viewer'),
    operator: await house.credentialsOf('operator'),
    designer: await house.credentialsOf('designer'),
    admin: await house.credentialsOf('admin'),
  };
}

/** The execution of a call at a configuration that somebody saved. */
async function calledAt(owner: Headers, fields: object, body: unknown): Promise<string> {
  const key = `replayed-${++made}`;
  const config = { key, ...scriptFields(key), ...fields };
  const answer = await house.signalbox.command('CreateWebHookConfigCommand', config, owner);
  expect(answer.body).toMatchObject({ success: true });
  return String((await house.signalbox.call(key, body)).headers.get('x-execution-id'));
}

async function until(id: string, hasCome: (execution: Execution) => boolean): Promise<Execution> {
  const end = Date.now() + WAIT_MS_MAX;
  for (;;) {
    const execution = await house.signalbox.execution<Execution>(id);
    if (hasCome(execution)) return execution;
    if (Date.now() > end) throw new Error(`It did not come to pass: ${JSON.stringify(execution)}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

const hasEnded = ({ status }: Execution) => !['received', 'running'].includes(status);

async function accepted(who: Headers, id: string, fields: object = {}): Promise<string> {
  const answer = await house.signalbox.command('ReplayWebHookExecutionCommand', { id, ...fields }, who);
  expect(answer.body).toMatchObject({ success: true });
  return String(answer.body.data['executionId']);
}

const replayed = async (who: Headers, id: string, fields: object = {}) =>
  await until(await accepted(who, id, fields), hasEnded);
const resultOf = ({ answer }: Execution) => (JSON.parse(answer!.body) as { data: unknown }).data;

async function find(key: string): Promise<Record<string, unknown> | null> {
  return (await house.signalbox.command('LookupWebHookByKeyCommand', { key })).body.data;
}

const missing = { success: false, code: 'access.permission-missing' };

describe('who replays with another body', () => {
  it('can make a script of somebody else’s do only what he may do himself', async () => {
    const executionCode = `return doCmd('DeactivateWebHookConfigCommand', { id: context.body.id });`;
    const id = await calledAt(as.admin, { executionCode }, { id: 999_999 });
    const edit = { body: { id: victimId } };
    expect(resultOf(await replayed(as.operator, id, edit))).toMatchObject(missing);
    expect(await find('victim')).toMatchObject({ isEnabled: true });
    // As it was, it is the owner's.
    expect(resultOf(await replayed(as.operator, id))).toMatchObject({ code: 'webhook-config.not-found' });
    expect(resultOf(await replayed(as.designer, id, edit))).toMatchObject({ success: true });
    await house.signalbox.command('ActivateWebHookConfigCommand', { id: victimId });
  });

  it('can make no script call out who may not call out', async () => {
    const executionCode = `return doCmd('SendHttpRequestCommand', context.body);`;
    const id = await calledAt(as.admin, { executionCode }, { method: 'GET', url: 'http://127.0.0.1:1/' });
    const edit = { body: { method: 'GET', url: 'http://127.0.0.1:2/' } };
    expect(resultOf(await replayed(as.operator, id, edit))).toMatchObject(missing);
    expect(resultOf(await replayed(as.designer, id, edit))).not.toMatchObject(missing);
  });

  it('can give no native command that is not his', async () => {
    const fields = {
      executionType: 0,
      executionCode: undefined,
      commandName: 'DeactivateWebHookConfigCommand',
    };
    const id = await calledAt(as.admin, fields, { id: 999_999 });
    expect(await replayed(as.operator, id, { body: { id: victimId } })).toMatchObject({
      status: 'failed',
      code: 'webhook.owner-not-permitted',
    });
    expect(await find('victim')).toMatchObject({ isEnabled: true });
  });

  it('gets nothing by repeating what he has edited', async () => {
    const executionCode = `return doCmd('DeactivateWebHookConfigCommand', { id: context.body.id });`;
    const id = await calledAt(as.admin, { executionCode }, { id: 999_999 });
    const edited = await accepted(as.operator, id, { body: { id: victimId } });
    await until(edited, hasEnded);
    expect(resultOf(await replayed(as.operator, edited))).toMatchObject(missing);
    // The body is still his, whoever repeats it.
    expect(resultOf(await replayed(as.admin, edited))).toMatchObject(missing);
    const { body } = await house.signalbox.command(
      'ReplayWebHookExecutionsCommand',
      { search: edited },
      as.operator,
    );
    expect(body.data).toMatchObject({ accepted: 0, skipped: 1 });
    expect(await find('victim')).toMatchObject({ isEnabled: true });
  });
});

describe('what an edited replay leaves behind', () => {
  it.each([
    ['admin', 'designer'],
    ['designer', 'admin'],
  ] as const)('by a script of the %s, replayed by the %s, acts as the designer', async (owner, starter) => {
    const executionCode = `return doCmd('CreateWebHookConfigCommand', context.body).success;`;
    const id = await calledAt(as[owner], { executionCode }, {});
    const key = `left-by-${owner}`;
    const body = { key, ...scriptFields(key) };
    expect(resultOf(await replayed(as[starter], id, { body }))).toBe(true);
    expect(await find(key)).toMatchObject({ ownerId: house.idOf.designer });
  });
});

describe('another configuration', () => {
  it('runs with no more than its author and its starter may', async () => {
    const id = await calledAt(as.admin, {}, {});
    const config = {
      ...scriptFields('x'),
      executionCode: `return doCmd('CreateWebHookConfigCommand', { key: 'by-unsaved', ...${JSON.stringify(scriptFields('by-unsaved'))} }).success;`,
    };
    expect(resultOf(await replayed(as.designer, id, { config }))).toBe(true);
    expect(await find('by-unsaved')).toMatchObject({ ownerId: house.idOf.designer });
  });

  it('is a way to nothing for who may not write configurations', async () => {
    const id = await calledAt(as.admin, {}, {});
    for (const fields of [{ config: scriptFields('x') }, { against: 'draft' }]) {
      const answer = await house.signalbox.command(
        'ReplayWebHookExecutionCommand',
        { id, ...fields },
        as.operator,
      );
      expect(answer.status).toBe(403);
    }
  });
});

describe('a test', () => {
  it('gives a script no more than its owner may, whoever tests it', async () => {
    const executionCode = `return doCmd('DeactivateWebHookConfigCommand', { id: ${victimId} });`;
    await calledAt(as.designer, { executionCode: 'return 1;' }, {});
    const key = `replayed-${made}`;
    const { id } = (await find(key))!;
    await house.signalbox.command(
      'UpdateWebHookConfigCommand',
      { id, ...scriptFields(key), executionCode },
      as.designer,
    );
    await house.giveRole('designer', 'viewer');
    await signIn();
    for (const allowEffects of [false, true]) {
      const { body } = await house.signalbox.command(
        'TestWebHookConfigCommand',
        { key, allowEffects },
        as.admin,
      );
      expect(body.data['result']).toMatchObject(missing);
    }
    await house.giveRole('designer', 'designer');
    await signIn();
    const { body } = await house.signalbox.command('TestWebHookConfigCommand', { key }, as.designer);
    expect(body.data['result']).toEqual({ success: true, data: null, message: 'Simulated' });
    expect(await find('victim')).toMatchObject({ isEnabled: true });
  });
});

describe('a permission that is taken away', () => {
  const lost = [
    ['by a lesser role', () => house.giveRole('designer', 'viewer'), 'access.permission-missing'],
    [
      'by being disabled',
      () => house.setEnabled('designer', false),
      'The configuration runs as a caller that is disabled',
    ],
  ] as const;

  it.each(lost)('from the starter %s is not there at the next try', async (_how, take, reason) => {
    const fields = {
      responseMode: 'async',
      retry: { maxAttempts: 2, initialSeconds: 8, factor: 1, maxSeconds: 8 },
      executionCode: `throw new Error(doCmd('DeactivateWebHookConfigCommand', { id: context.body.id }).code);`,
    };
    const key = `replayed-${made + 1}`;
    const original = await calledAt(as.admin, { ...fields, retry: { maxAttempts: 1 } }, { id: 1_000_000 });
    await until(original, hasEnded);
    const { id } = (await find(key))!;
    await house.signalbox.command(
      'UpdateWebHookConfigCommand',
      { id, ...scriptFields(key), ...fields },
      as.admin,
    );
    const replay = await accepted(as.designer, original, { body: { id: 999_999 } });
    const first = await until(replay, ({ code }) => code !== null);
    expect(first).toMatchObject({ status: 'received', attempt: 1 });
    await take();
    const last = await until(replay, hasEnded);
    expect(last).toMatchObject({ status: 'dead', attempt: 2, errors: [reason] });
    await house.setEnabled('designer', true);
    await house.giveRole('designer', 'designer');
    await signIn();
  });
});
