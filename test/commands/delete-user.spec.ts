import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { CAST_PASSWORD, type Cast, startWithRoles } from '../support/roles.ts';
import { failureOf, inElsewhere, madeUser, statusWith } from './support/access.ts';
import { auditRowOf } from './support/audit-log.ts';
import { scriptFields } from './support/config-shape.ts';
import { type Attempt, isoTime, refusesInput, refusesRoles, refusesStrangers } from './support/refusals.ts';

const type = 'DeleteUserCommand';
const notFound = [404, 'access.user-not-found', ['User not found']];
let cast: Cast;
let made = 0;
let username: string;
let id: string;

const attempt: Attempt = { cast: () => cast, type, fields: () => ({ id }) };

beforeAll(async () => {
  cast = await startWithRoles();
});
beforeEach(async () => {
  username = `user-${++made}`;
  ({ id } = await madeUser(cast.signalbox, { username, role: 'designer' }));
});
afterAll(() => cast.stop());

async function login(name = username): Promise<{ status: number; headers: Record<string, string> }> {
  const response = await fetch(`${cast.signalbox.url}/api/auth/login`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ username: name, password: CAST_PASSWORD }),
  });
  const { data } = (await response.json()) as { data: { token: string } | null };
  return { status: response.status, headers: { Authorization: `Bearer ${data?.token}` } };
}

function remove(fields: Record<string, unknown> = {}, headers?: Record<string, string>) {
  return cast.signalbox.command(type, { id, ...fields }, headers);
}

/** A configuration that this user has saved, whose script says as whom it acts. */
async function ownedConfig(key: string): Promise<void> {
  const { headers } = await login();
  const executionCode = `return doCmd('SaveWebHookConfigDraftCommand', context.body).data?.draft?.savedBy ?? null;`;
  const input = { ...scriptFields(key), key, executionCode };
  const answer = await cast.signalbox.command('CreateWebHookConfigCommand', input, headers);
  expect(answer.body).toMatchObject({ success: true, data: { ownerId: id } });
}

/** As whom the configuration acts: it saves a draft of itself. */
async function actingIn(key: string): Promise<unknown> {
  const { body: found } = await cast.signalbox.command('LookupWebHookByKeyCommand', { key });
  const response = await cast.signalbox.call(key, { id: found.data['id'], ...scriptFields(key) });
  return ((await response.json()) as { data: unknown }).data;
}

describe('DeleteUserCommand', () => {
  it('takes everything from him at once, and frees his name', async () => {
    const { headers } = await login();
    const answer = await remove();
    expect(answer.body).toStrictEqual({
      success: true,
      data: { id, deletedAt: isoTime },
      message: 'User deleted successfully',
    });
    expect(await statusWith(cast.signalbox, headers)).toBe(401);
    expect((await login()).status).toBe(401);
    expect(failureOf(await remove())).toEqual(notFound);
    const again = await madeUser(cast.signalbox, { username });
    expect(again.id).not.toBe(id);
    expect(await statusWith(cast.signalbox, headers)).toBe(401);
    expect((await login()).status).toBe(200);
  });

  it('is refused while work acts as him, and says which', async () => {
    await ownedConfig(`owned-${made}`);
    expect(failureOf(await remove())).toEqual([
      409,
      'access.still-acting',
      [
        'Work acts as this caller: say in reassignTo who is to act in its place',
        `The configuration "owned-${made}"`,
      ],
    ]);
    expect((await login()).status).toBe(200);
  });

  it('hands his work over to whom reassignTo names, and to whom that one’s goes later', async () => {
    const key = `handed-${made}`;
    await ownedConfig(key);
    const heir = await madeUser(cast.signalbox, { username: `heir-${made}`, role: 'designer' });
    expect((await remove({ reassignTo: heir.id })).status).toBe(200);
    const { body } = await cast.signalbox.command('LookupWebHookByKeyCommand', { key });
    expect(body.data).toMatchObject({ ownerId: heir.id, isOwnerEnabled: true, version: 1 });
    expect(await actingIn(key)).toBe(heir.id);
    const next = { id: heir.id, reassignTo: cast.idOf.designer };
    expect((await cast.signalbox.command(type, next)).status).toBe(200);
    expect(await actingIn(key)).toBe(cast.idOf.designer);
  });

  it('hands a draft of his over, whoever has the configuration', async () => {
    const key = `draft-${made}`;
    const { body } = await cast.signalbox.command('CreateWebHookConfigCommand', {
      ...scriptFields(key),
      key,
    });
    const { headers } = await login();
    const draft = { id: body.data['id'], ...scriptFields(key) };
    await cast.signalbox.command('SaveWebHookConfigDraftCommand', draft, headers);
    expect(failureOf(await remove())[2]).toContain(`The draft of the configuration "${key}"`);
    expect((await remove({ reassignTo: cast.idOf.designer })).status).toBe(200);
    const shown = await cast.signalbox.command('GetWebHookConfigByIdQuery', { id: body.data['id'] });
    expect(shown.body.data).toMatchObject({ draft: { savedBy: cast.idOf.designer } });
  });

  it('hands nothing over to nobody, to himself, to the disabled, nor to one of another account', async () => {
    await ownedConfig(`unfit-${made}`);
    const unfit = [409, 'access.heir-unfit', ['reassignTo names nobody who may act']];
    for (const reassignTo of ['usr_nobody', id, cast.idOf.leaver])
      expect(failureOf(await remove({ reassignTo }))).toEqual(unfit);
    expect(failureOf(await remove({ reassignTo: cast.idOf.stranger }))).toEqual([
      409,
      'access.heir-unfit',
      [`reassignTo names somebody who may not act in the account of the configuration "unfit-${made}"`],
    ]);
    expect((await login()).status).toBe(200);
  });

  it('lets nobody delete himself', async () => {
    const { headers } = await adminsHeaders();
    const { body } = await cast.signalbox.command<{ items: { id: string }[] }>('GetUserListQuery', {
      search: 'admin',
    });
    const answer = await remove({ id: body.data.items[0]!.id }, headers);
    expect(failureOf(answer)[1]).toBe('access.own-access');
  });

  it('answers 404 for one of another account', async () => {
    const there = await inElsewhere(cast);
    expect(failureOf(await remove({}, cast.as.stranger))).toEqual(notFound);
    expect((await remove({ id: there.id }, cast.as.stranger)).status).toBe(200);
  });

  it('audits whom it deleted', async () => {
    expect(await auditRowOf(cast.signalbox, await remove())).toMatchObject({
      command: type,
      input: { id },
      before: { id, username, role: 'designer' },
      after: null,
    });
  });

  refusesStrangers(attempt);
  refusesRoles(['viewer', 'operator', 'designer'], 'access:manage', attempt);
  refusesInput(attempt, [
    [{ id: undefined }, ['Id is required']],
    [{ reassignTo: 5 }, ['ReassignTo must be a string']],
    [{ surprise: 1 }, ['Unknown field "surprise"']],
  ]);
});

/** The headers of the admin of the first start. */
async function adminsHeaders(): Promise<{ headers: Record<string, string> }> {
  const response = await fetch(`${cast.signalbox.url}/api/auth/login`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ username: 'admin', password: 'correct horse battery' }),
  });
  const { data } = (await response.json()) as { data: { token: string } };
  return { headers: { Authorization: `Bearer ${data.token}` } };
}
