import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Cast, startWithRoles } from '../support/roles.ts';
import { failureOf, madeClient, type MadeClient, statusWith, tokenOf } from './support/access.ts';
import { auditRowOf } from './support/audit-log.ts';
import { type Attempt, refusesInput, refusesRoles, refusesStrangers } from './support/refusals.ts';

const type = 'UpdateApiClientCommand';
const notFound = [404, 'access.client-not-found', ['API client not found']];
let cast: Cast;
let client: MadeClient;

const attempt: Attempt = { cast: () => cast, type, fields: () => ({ id: client.id, role: 'operator' }) };

beforeAll(async () => {
  cast = await startWithRoles();
});
beforeEach(async () => {
  client = await madeClient(cast.signalbox);
});
afterAll(() => cast.stop());

function update(fields: Record<string, unknown>, headers?: Record<string, string>) {
  return cast.signalbox.command(type, { id: client.id, ...fields }, headers);
}

describe('UpdateApiClientCommand', () => {
  it('changes what is given, and nothing else', async () => {
    const answer = await update({ name: 'renamed' });
    expect(answer.body).toMatchObject({
      success: true,
      data: { id: client.id, name: 'renamed', role: 'viewer', isEnabled: true },
      message: 'API client updated successfully',
    });
    expect(answer.body.data).not.toHaveProperty('apiKey');
    expect((await update({ permissions: ['http:send'] })).body.data).toMatchObject({
      name: 'renamed',
      role: 'custom',
      permissions: ['http:send'],
    });
  });

  it('gives and takes permissions at once, with the token it has', async () => {
    const headers = await tokenOf(cast.signalbox, client);
    const remove = () => cast.signalbox.command('DeleteSecretCommand', { name: 'NONE' }, headers);
    expect((await remove()).status).toBe(403);
    await update({ permissions: ['secrets:write'] });
    expect((await remove()).status).toBe(404);
  });

  it('refuses a disabled one at once; its key works again when it is enabled, its tokens do not', async () => {
    const headers = await tokenOf(cast.signalbox, client);
    await update({ isEnabled: false });
    expect(await statusWith(cast.signalbox, headers)).toBe(401);
    expect(await statusWith(cast.signalbox, { 'X-API-Key': client.apiKey })).toBe(401);
    await expect(tokenOf(cast.signalbox, client)).rejects.toThrow('401');
    await update({ isEnabled: true });
    expect(await statusWith(cast.signalbox, headers)).toBe(401);
    expect(await statusWith(cast.signalbox, { 'X-API-Key': client.apiKey })).toBe(200);
    expect(await statusWith(cast.signalbox, await tokenOf(cast.signalbox, client))).toBe(200);
  });

  it('lets none take its own access, nor take over one that may more', async () => {
    await update({ permissions: ['access:manage'] });
    const headers = { 'X-API-Key': client.apiKey };
    expect(failureOf(await update({ isEnabled: false }, headers)).slice(0, 2)).toEqual([
      409,
      'access.own-access',
    ]);
    const other = await madeClient(cast.signalbox, { role: 'operator' });
    const taken = await update({ id: other.id, isEnabled: false }, headers);
    expect(failureOf(taken).slice(0, 2)).toEqual([403, 'access.exceeds-own']);
    expect(await statusWith(cast.signalbox, { 'X-API-Key': other.apiKey })).toBe(200);
  });

  it('leaves the client of ADMIN_API_KEY to who sets the variable', async () => {
    const { body } = await cast.signalbox.command<{ items: { id: string; origin: string }[] }>(
      'GetApiClientListQuery',
      { search: 'ADMIN_API_KEY' },
    );
    const { id } = body.data.items.find(({ origin }) => origin === 'environment')!;
    const by = await madeClient(cast.signalbox, { role: 'admin' });
    const answer = await update({ id, isEnabled: false }, { 'X-API-Key': by.apiKey });
    expect(failureOf(answer)).toEqual([
      409,
      'access.client-of-environment',
      ['This client is that of ADMIN_API_KEY: change or unset the variable instead'],
    ]);
  });

  it('answers 404 for one of another account, for a user and for nobody', async () => {
    expect(failureOf(await update({ name: 'x' }, cast.as.stranger))).toEqual(notFound);
    for (const id of ['cli_nobody', cast.idOf.viewer])
      expect(failureOf(await update({ id, name: 'x' }))).toEqual(notFound);
  });

  it('audits what it was and what it is', async () => {
    expect(await auditRowOf(cast.signalbox, await update({ role: 'operator' }))).toMatchObject({
      command: type,
      before: { id: client.id, role: 'viewer' },
      after: { id: client.id, role: 'operator' },
    });
  });

  refusesStrangers(attempt);
  refusesRoles(['viewer', 'operator', 'designer'], 'access:manage', attempt);
  refusesInput(attempt, [
    [{ id: undefined }, ['Id is required']],
    [{ accountId: 'acme' }, ['AccountId cannot be changed']],
    [{ name: '' }, ['Name is required']],
    [{ isEnabled: 1 }, ['IsEnabled must be true or false']],
    [{ surprise: 1 }, ['Unknown field "surprise"']],
  ]);
});
