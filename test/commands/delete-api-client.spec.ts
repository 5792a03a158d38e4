import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Cast, startWithRoles } from '../support/roles.ts';
import { failureOf, madeClient, type MadeClient, statusWith, tokenOf } from './support/access.ts';
import { auditRowOf } from './support/audit-log.ts';
import { scriptFields } from './support/config-shape.ts';
import { type Attempt, isoTime, refusesInput, refusesRoles, refusesStrangers } from './support/refusals.ts';

const type = 'DeleteApiClientCommand';
const notFound = [404, 'access.client-not-found', ['API client not found']];
let cast: Cast;
let made = 0;
let client: MadeClient;

const attempt: Attempt = { cast: () => cast, type, fields: () => ({ id: client.id }) };

beforeAll(async () => {
  cast = await startWithRoles();
});
beforeEach(async () => {
  client = await madeClient(cast.signalbox, { role: 'designer' });
});
afterAll(() => cast.stop());

function remove(fields: Record<string, unknown> = {}, headers?: Record<string, string>) {
  return cast.signalbox.command(type, { id: client.id, ...fields }, headers);
}

/** A configuration of this client whose script tells the permissions that it runs with, by a refusal. */
async function ownedConfig(fields: object = {}): Promise<string> {
  const key = `owned-${++made}`;
  const input = { ...scriptFields(key), key, ...fields };
  const headers = { 'X-API-Key': client.apiKey };
  expect((await cast.signalbox.command('CreateWebHookConfigCommand', input, headers)).status).toBe(200);
  return key;
}

describe('DeleteApiClientCommand', () => {
  it('refuses its key, its secret and its tokens at once', async () => {
    const headers = await tokenOf(cast.signalbox, client);
    expect((await remove()).body).toStrictEqual({
      success: true,
      data: { id: client.id, deletedAt: isoTime },
      message: 'API client deleted successfully',
    });
    expect(await statusWith(cast.signalbox, headers)).toBe(401);
    expect(await statusWith(cast.signalbox, { 'X-API-Key': client.apiKey })).toBe(401);
    await expect(tokenOf(cast.signalbox, client)).rejects.toThrow('401');
    expect(failureOf(await remove())).toEqual(notFound);
  });

  it('is refused while configurations act as it, and done when somebody else has saved them', async () => {
    const key = await ownedConfig();
    const [status, code, errors] = failureOf(await remove());
    expect([status, code]).toEqual([409, 'access.still-acting']);
    expect(errors).toContain(`The configuration "${key}"`);
    const { body } = await cast.signalbox.command('LookupWebHookByKeyCommand', { key });
    await cast.signalbox.command('UpdateWebHookConfigCommand', { id: body.data['id'], ...scriptFields(key) });
    expect((await remove()).status).toBe(200);
    expect((await cast.signalbox.call(key, {})).status).toBe(200);
  });

  it('is refused while a run of a version that it saved has not ended', async () => {
    const key = await ownedConfig({
      responseMode: 'async',
      retry: { initialSeconds: 3600 },
      executionCode: 'throw new Error("not yet");',
    });
    const accepted = await cast.signalbox.call(key, {});
    expect(accepted.status).toBe(202);
    const id = accepted.headers.get('x-execution-id');
    const isRetried = async () => (await cast.signalbox.execution(id))['nextAttemptAt'] !== null;
    while (!(await isRetried())) await new Promise((resolve) => setTimeout(resolve, 20));
    const { body } = await cast.signalbox.command('LookupWebHookByKeyCommand', { key });
    await cast.signalbox.command('UpdateWebHookConfigCommand', { id: body.data['id'], ...scriptFields(key) });
    expect(failureOf(await remove())[2]).toContain('1 execution that may go on');
    expect((await remove({ reassignTo: cast.idOf.designer })).status).toBe(200);
  });

  it('lets a run that has begun go on as the heir', async () => {
    const gate = `gate-${made}`;
    const key = await ownedConfig({
      responseMode: 'async',
      retry: { initialSeconds: 1, factor: 1, maxAttempts: 20 },
      executionCode: `
        const found = doCmd('LookupWebHookByKeyCommand', { key: '${gate}' });
        if (!found.success) throw new Error('not yet');
        return 'through';`,
    });
    const id = (await cast.signalbox.call(key, {})).headers.get('x-execution-id');
    const until = async (isThere: (execution: Record<string, unknown>) => boolean) => {
      const deadline = Date.now() + 30_000;
      while (!isThere(await cast.signalbox.execution(id))) {
        if (Date.now() > deadline) throw new Error(JSON.stringify(await cast.signalbox.execution(id)));
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    };
    await until(({ nextAttemptAt }) => nextAttemptAt !== null);
    const { body } = await cast.signalbox.command('LookupWebHookByKeyCommand', { key });
    await cast.signalbox.command('UpdateWebHookConfigCommand', { id: body.data['id'], ...scriptFields(key) });
    expect((await remove({ reassignTo: cast.idOf.designer })).status).toBe(200);
    await cast.signalbox.createConfig(gate);
    await until(({ status }) => status === 'succeeded');
  });

  it('hands its configurations over, which go on without a pause and without a new version', async () => {
    const key = await ownedConfig();
    expect((await remove({ reassignTo: cast.idOf.designer })).status).toBe(200);
    const { body } = await cast.signalbox.command('LookupWebHookByKeyCommand', { key });
    expect(body.data).toMatchObject({ ownerId: cast.idOf.designer, isOwnerEnabled: true, version: 1 });
    expect((await cast.signalbox.call(key, {})).status).toBe(200);
  });

  it('hands its defined commands over, and is refused while nobody takes them', async () => {
    const definition = {
      name: `Handed${made}Command`,
      description: 'Gives one',
      inputSchema: { type: 'object' },
      permission: 'webhooks:read',
      executionCode: 'return 1;',
    };
    const headers = { 'X-API-Key': client.apiKey };
    await cast.signalbox.command('CreateCommandDefinitionCommand', definition, headers);
    expect(failureOf(await remove())[2]).toContain(`The defined command "${definition.name}"`);
    expect((await remove({ reassignTo: cast.idOf.designer })).status).toBe(200);
    const { body } = await cast.signalbox.command<unknown>(definition.name);
    expect(body).toMatchObject({ success: true, data: 1 });
    const list = await cast.signalbox.command<{ items: object[] }>('GetCommandDefinitionListQuery');
    expect(list.body.data.items).toContainEqual(
      expect.objectContaining({ name: definition.name, ownerId: cast.idOf.designer, version: 1 }),
    );
  });

  it('leaves what acts as one with less to that one’s permissions', async () => {
    const key = await ownedConfig({
      executionCode: `return doCmd('DeleteSecretCommand', { name: 'NONE' }).code;`,
    });
    const answer = async () => ((await (await cast.signalbox.call(key, {})).json()) as { data: string }).data;
    expect(await answer()).toBe('secret.not-found');
    await remove({ reassignTo: cast.idOf.viewer });
    expect(await answer()).toBe('access.permission-missing');
  });

  it('hands over to nobody who may more than the manager', async () => {
    const manager = await madeClient(cast.signalbox, { role: 'admin', accountId: 'acme' });
    const headers = { 'X-API-Key': manager.apiKey };
    const lesser = await madeClient(cast.signalbox, { role: 'viewer' }, headers);
    const unfit = await cast.signalbox.command(
      type,
      { id: lesser.id, reassignTo: cast.idOf.viewer },
      headers,
    );
    expect(failureOf(unfit).slice(0, 2)).toEqual([409, 'access.heir-unfit']);
    const narrow = await madeClient(cast.signalbox, { permissions: ['access:manage', 'webhooks:read'] });
    const small = await madeClient(cast.signalbox, { permissions: ['webhooks:read'] });
    const answer = await cast.signalbox.command(
      type,
      { id: small.id, reassignTo: cast.idOf.designer },
      { 'X-API-Key': narrow.apiKey },
    );
    expect(failureOf(answer).slice(0, 2)).toEqual([403, 'access.exceeds-own']);
  });

  it('answers 404 for one of another account', async () => {
    expect(failureOf(await remove({}, cast.as.stranger))).toEqual(notFound);
  });

  it('audits what it deleted', async () => {
    expect(await auditRowOf(cast.signalbox, await remove())).toMatchObject({
      command: type,
      before: { id: client.id, role: 'designer' },
      after: null,
    });
  });

  refusesStrangers(attempt);
  refusesRoles(['viewer', 'operator', 'designer'], 'access:manage', attempt);
  refusesInput(attempt, [
    [{ id: undefined }, ['Id is required']],
    [{ reassignTo: {} }, ['ReassignTo must be a string']],
    [{ surprise: 1 }, ['Unknown field "surprise"']],
  ]);
});
