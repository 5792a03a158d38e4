import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { CAST_PASSWORD, type Cast, startWithRoles } from '../support/roles.ts';
import { failureOf, inElsewhere, madeUser, statusWith } from './support/access.ts';
import { auditRowOf } from './support/audit-log.ts';
import { type Attempt, refusesInput, refusesRoles, refusesStrangers } from './support/refusals.ts';

const type = 'UpdateUserCommand';
const notFound = [404, 'access.user-not-found', ['User not found']];
let cast: Cast;
let made = 0;
let username: string;
let id: string;

const attempt: Attempt = { cast: () => cast, type, fields: () => ({ id, role: 'operator' }) };

beforeAll(async () => {
  cast = await startWithRoles();
});
beforeEach(async () => {
  username = `user-${++made}`;
  ({ id } = await madeUser(cast.signalbox, { username }));
});
afterAll(() => cast.stop());

interface SignedIn {
  token: string;
  refreshToken: string;
}

async function post(path: string, body: object): Promise<{ status: number; data: SignedIn }> {
  const response = await fetch(`${cast.signalbox.url}/api/auth/${path}`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  });
  return { status: response.status, data: ((await response.json()) as { data: SignedIn }).data };
}

const login = (password = CAST_PASSWORD) => post('login', { username, password });

function update(fields: Record<string, unknown>, headers?: Record<string, string>) {
  return cast.signalbox.command(type, { id, ...fields }, headers);
}

describe('UpdateUserCommand', () => {
  it('changes what is given, and nothing else', async () => {
    const answer = await update({ role: 'designer' });
    expect(answer.body).toMatchObject({
      success: true,
      data: { id, username, role: 'designer', accountId: null, isEnabled: true },
      message: 'User updated successfully',
    });
    expect((await login()).status).toBe(200);
  });

  it('gives and takes permissions at once, with the token he has', async () => {
    const headers = { Authorization: `Bearer ${(await login()).data.token}` };
    const write = () => cast.signalbox.command('DeleteSecretCommand', { name: 'NONE' }, headers);
    expect((await write()).status).toBe(403);
    await update({ permissions: ['secrets:write'] });
    expect((await write()).status).toBe(404);
    await update({ role: 'viewer' });
    expect((await write()).status).toBe(403);
  });

  it('ends all that he was signed in with when he gets another password', async () => {
    const { token, refreshToken } = (await login()).data;
    expect(await statusWith(cast.signalbox, { Authorization: `Bearer ${token}` })).toBe(200);
    await update({ password: 'another one of a test' });
    expect(await statusWith(cast.signalbox, { Authorization: `Bearer ${token}` })).toBe(401);
    expect((await post('refresh', { refreshToken })).status).toBe(401);
    expect((await login()).status).toBe(401);
    expect((await login('another one of a test')).status).toBe(200);
  });

  it('refuses a disabled one at once, and what he had before when he is enabled again', async () => {
    const { token, refreshToken } = (await login()).data;
    await update({ isEnabled: false });
    expect(await statusWith(cast.signalbox, { Authorization: `Bearer ${token}` })).toBe(401);
    expect((await login()).status).toBe(401);
    await update({ isEnabled: true });
    expect(await statusWith(cast.signalbox, { Authorization: `Bearer ${token}` })).toBe(401);
    expect((await post('refresh', { refreshToken })).status).toBe(401);
    expect((await login()).status).toBe(200);
  });

  it('gives him another name, and answers 409 for one that is taken', async () => {
    const other = await madeUser(cast.signalbox, { username: `other-${made}` });
    expect(failureOf(await update({ username: `other-${made}` }))).toEqual([
      409,
      'access.username-taken',
      ['A user with this name already exists'],
    ]);
    expect((await update({ username })).status).toBe(200);
    username = `renamed-${made}`;
    expect((await update({ username })).body.data).toMatchObject({ username });
    expect((await login()).status).toBe(200);
    expect(other.id).not.toBe(id);
  });

  it('lets nobody take his own access, so that somebody always has it', async () => {
    await update({ role: 'admin' });
    const headers = { Authorization: `Bearer ${(await login()).data.token}` };
    const refused = [
      409,
      'access.own-access',
      ['You cannot take away your own access: let somebody else do it'],
    ];
    expect(failureOf(await update({ isEnabled: false }, headers))).toEqual(refused);
    expect(failureOf(await update({ role: 'viewer' }, headers))).toEqual(refused);
    expect((await update({ username: `me-${made}` }, headers)).status).toBe(200);
  });

  it('gives nobody more than the manager has, nor lets him take over one who may more', async () => {
    const permissions = ['access:manage', 'webhooks:read'];
    const manager = await madeUser(cast.signalbox, {
      username: `manager-${made}`,
      role: undefined,
      permissions,
    });
    const { data } = await post('login', { username: manager['username'], password: CAST_PASSWORD });
    const headers = { Authorization: `Bearer ${data.token}` };
    const exceeds = [403, 'access.exceeds-own', ['It would reach further than your own access does']];
    for (const fields of [{ password: 'taken over by a test' }, { isEnabled: false }, { role: 'viewer' }])
      expect(failureOf(await update(fields, headers))).toEqual(exceeds);
    expect((await login()).status).toBe(200);
    await update({ permissions: ['webhooks:read'] });
    expect(failureOf(await update({ role: 'viewer' }, headers))).toEqual(exceeds);
    expect((await update({ permissions: [] }, headers)).status).toBe(200);
  });

  it('answers 404 for one of another account, for a client and for nobody', async () => {
    const there = await inElsewhere(cast);
    expect((await update({ id: there.id, role: 'operator' }, cast.as.stranger)).status).toBe(200);
    expect(failureOf(await update({ role: 'operator' }, cast.as.stranger))).toEqual(notFound);
    const named = { 'X-API-Key': cast.signalbox.apiKey, 'X-Account-Id': 'acme' };
    expect(failureOf(await update({ id: there.id, role: 'operator' }, named))).toEqual(notFound);
    for (const nobody of ['usr_nobody', 'cli_nobody', '%', "' OR 1=1 --"])
      expect(failureOf(await update({ id: nobody, role: 'operator' }))).toEqual(notFound);
  });

  it('audits what he was and what he is, and the password nowhere', async () => {
    const canary = `canary-${randomBytes(12).toString('hex')}`;
    const row = await auditRowOf(cast.signalbox, await update({ role: 'operator', password: canary }));
    expect(row).toMatchObject({
      command: type,
      input: { id, role: 'operator', password: '[masked]' },
      before: { id, role: 'viewer' },
      after: { id, role: 'operator' },
    });
    expect(JSON.stringify(row)).not.toContain(canary);
  });

  refusesStrangers(attempt);
  refusesRoles(['viewer', 'operator', 'designer'], 'access:manage', attempt);
  refusesInput(attempt, [
    [{ id: undefined }, ['Id is required']],
    [{ id: 7 }, ['Id must be a string']],
    [{ accountId: 'acme' }, ['AccountId cannot be changed']],
    [{ password: 'short' }, ['Password must be at least 8 characters long']],
    [
      { permissions: ['webhooks:own'] },
      [expect.stringMatching(/^Permissions\.0 must be one of webhooks:read/)],
    ],
    [{ permissions: [] }, ['Role and permissions exclude each other: a role is a name for permissions']],
    [{ surprise: 1 }, ['Unknown field "surprise"']],
  ]);
});
