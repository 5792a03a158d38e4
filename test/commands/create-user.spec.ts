import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Cast, startWithRoles } from '../support/roles.ts';
import { failureOf } from './support/access.ts';
import { auditRowOf } from './support/audit-log.ts';
import { type Attempt, isoTime, refusesInput, refusesRoles, refusesStrangers } from './support/refusals.ts';

const type = 'CreateUserCommand';
const password = 'correct horse battery';
const fields = (): Record<string, unknown> => ({ username, password, role: 'operator' });
let cast: Cast;
let made = 0;
let username: string;

const attempt: Attempt = { cast: () => cast, type, fields };

beforeAll(async () => {
  cast = await startWithRoles();
});
beforeEach(() => {
  username = `user-${++made}`;
});
afterAll(() => cast.stop());

function login(name: string, word = password): Promise<Response> {
  return fetch(`${cast.signalbox.url}/api/auth/login`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ username: name, password: word }),
  });
}

describe('CreateUserCommand', () => {
  it('makes a user who signs in at once, and shows no password', async () => {
    const answer = await cast.signalbox.command(type, fields());
    expect(answer.body).toStrictEqual({
      success: true,
      data: {
        id: expect.stringMatching(/^usr_[0-9a-f-]{36}$/),
        username,
        role: 'operator',
        permissions: [
          'webhooks:read',
          'executions:read',
          'processes:read',
          'subscriptions:read',
          'integrations:read',
          'executions:replay',
          'processes:run',
          'events:publish',
        ],
        accountId: null,
        isEnabled: true,
        createdAt: isoTime,
      },
      message: 'User created successfully',
    });
    expect((await login(username)).status).toBe(200);
    expect((await login(username, `${password}!`)).status).toBe(401);
  });

  it('takes permissions by name, each once and in the order of the list', async () => {
    const permissions = ['http:send', 'webhooks:read', 'http:send'];
    const { body } = await cast.signalbox.command(type, { ...fields(), role: undefined, permissions });
    expect(body.data).toMatchObject({ role: 'custom', permissions: ['webhooks:read', 'http:send'] });
  });

  it('takes none of them, for one who may only sign in', async () => {
    const { body } = await cast.signalbox.command(type, { ...fields(), role: undefined, permissions: [] });
    expect(body.data).toMatchObject({ role: 'custom', permissions: [] });
  });

  it('makes one who may not sign in yet', async () => {
    await cast.signalbox.command(type, { ...fields(), isEnabled: false });
    expect((await login(username)).status).toBe(401);
  });

  it('binds him to the account that is named, or to that of a bound maker', async () => {
    const bound = await cast.signalbox.command(type, { ...fields(), accountId: 'acme' });
    expect(bound.body.data).toMatchObject({ accountId: 'acme' });
    const there = { ...fields(), username: `${username}-there` };
    const own = await cast.signalbox.command(type, there, cast.as.stranger);
    expect(own.body.data).toMatchObject({ accountId: 'elsewhere' });
  });

  it('binds him to the account in which an unbound maker says that he acts', async () => {
    const headers = { 'X-API-Key': cast.signalbox.apiKey, 'X-Account-Id': 'acme' };
    const { body } = await cast.signalbox.command(type, fields(), headers);
    expect(body.data).toMatchObject({ accountId: 'acme' });
  });

  it('answers a bound maker 404 for another account', async () => {
    const answer = await cast.signalbox.command(type, { ...fields(), accountId: 'acme' }, cast.as.stranger);
    expect(failureOf(answer)).toEqual([404, 'access.account-not-found', ['There is no account "acme"']]);
  });

  it('gives nobody more than his maker has', async () => {
    const manager = {
      username: `manager-${made}`,
      password,
      permissions: ['access:manage', 'webhooks:read'],
    };
    await cast.signalbox.command(type, manager);
    const { data } = (await (await login(manager.username)).json()) as { data: { token: string } };
    const headers = { Authorization: `Bearer ${data.token}` };
    const more = await cast.signalbox.command(type, fields(), headers);
    expect(failureOf(more)).toEqual([
      403,
      'access.exceeds-own',
      ['It would reach further than your own access does'],
    ]);
    const as = { ...fields(), role: undefined, permissions: ['webhooks:read'] };
    expect((await cast.signalbox.command(type, as, headers)).status).toBe(200);
  });

  it('answers 409 for a name that somebody has, in whichever account', async () => {
    await cast.signalbox.command(type, { ...fields(), accountId: 'acme' });
    const answer = await cast.signalbox.command(type, fields());
    expect(failureOf(answer)).toEqual([
      409,
      'access.username-taken',
      ['A user with this name already exists'],
    ]);
  });

  it('lets one of ten at once have the name', async () => {
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => cast.signalbox.command(type, fields())),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array<number>(9).fill(409)]);
  });

  it('audits whom it made, and the password nowhere', async () => {
    const canary = `canary-${randomBytes(12).toString('hex')}`;
    const answer = await cast.signalbox.command(type, { ...fields(), password: canary });
    const row = await auditRowOf(cast.signalbox, answer);
    expect(row).toMatchObject({
      command: type,
      outcome: 'succeeded',
      input: { username, password: '[masked]', role: 'operator' },
      before: null,
      after: answer.body.data,
    });
    expect(JSON.stringify(row)).not.toContain(canary);
  });

  refusesStrangers(attempt);
  refusesRoles(['viewer', 'operator', 'designer'], 'access:manage', attempt);
  refusesInput(attempt, [
    [{ username: undefined }, ['Username is required']],
    [{ username: '' }, ['Username is required']],
    [{ username: '  ' }, ['Username is required']],
    [{ username: 'x'.repeat(201) }, ['Username must be at most 200 characters long']],
    [{ username: 'a\nb' }, ['Username must have no control characters']],
    [{ password: undefined }, ['Password is required']],
    [{ password: 'short' }, ['Password must be at least 8 characters long']],
    [{ password: 'x'.repeat(257) }, ['Password must be at most 256 characters long']],
    [{ role: 'root' }, ['Role must be one of viewer, operator, designer, admin']],
    [{ role: undefined }, ['Role is required, or permissions']],
    [
      { permissions: ['webhooks:read'] },
      ['Role and permissions exclude each other: a role is a name for permissions'],
    ],
    [{ accountId: '-' }, [expect.stringMatching(/^AccountId must be 1 to 128 letters/)]],
    [{ isEnabled: 'yes' }, ['IsEnabled must be true or false']],
    [{ surprise: 1 }, ['Unknown field "surprise"']],
  ]);
});
