import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Cast, startWithRoles } from '../support/roles.ts';
import { failureOf, madeClient, statusWith, tokenOf } from './support/access.ts';
import { auditRowOf } from './support/audit-log.ts';
import { type Attempt, isoTime, refusesInput, refusesRoles, refusesStrangers } from './support/refusals.ts';

const type = 'CreateApiClientCommand';
const fields = (): Record<string, unknown> => ({ name: 'shop', role: 'viewer' });
let cast: Cast;

const attempt: Attempt = { cast: () => cast, type, fields };

beforeAll(async () => {
  cast = await startWithRoles();
});
afterAll(() => cast.stop());

describe('CreateApiClientCommand', () => {
  it('answers the client with an API key and a secret, each of 256 random bits', async () => {
    const answer = await cast.signalbox.command(type, fields());
    expect(answer.body).toStrictEqual({
      success: true,
      data: {
        id: expect.stringMatching(/^cli_[0-9a-f-]{36}$/),
        name: 'shop',
        role: 'viewer',
        permissions: expect.arrayContaining(['webhooks:read']),
        accountId: null,
        isEnabled: true,
        origin: 'command',
        createdAt: isoTime,
        apiKey: expect.stringMatching(/^sbk_[\w-]{43}$/),
        clientSecret: expect.stringMatching(/^sbs_[\w-]{43}$/),
      },
      message: 'API client created successfully',
    });
    expect(answer.headers.get('cache-control')).toBe('no-store');
  });

  it('makes one that may act at once, by its key and by a token for its secret, each for its own use only', async () => {
    const client = await madeClient(cast.signalbox);
    expect(await statusWith(cast.signalbox, { 'X-API-Key': client.apiKey })).toBe(200);
    expect(await statusWith(cast.signalbox, await tokenOf(cast.signalbox, client))).toBe(200);
    expect(await statusWith(cast.signalbox, { 'X-API-Key': client.clientSecret })).toBe(401);
    expect(await statusWith(cast.signalbox, { Authorization: `Bearer ${client.apiKey}` })).toBe(401);
    await expect(tokenOf(cast.signalbox, { ...client, clientSecret: client.apiKey })).rejects.toThrow('401');
  });

  it('gives exactly the permissions that are named', async () => {
    const client = await madeClient(cast.signalbox, { permissions: ['events:publish'] });
    const headers = { 'X-API-Key': client.apiKey };
    const event = { type: 'order.paid', payload: {} };
    expect((await cast.signalbox.command('PublishEventCommand', event, headers)).status).toBe(200);
    expect((await cast.signalbox.command('GetEventListQuery', {}, headers)).status).toBe(403);
  });

  it('binds it to an account, in which alone it acts', async () => {
    const client = await madeClient(cast.signalbox, { role: 'admin', accountId: 'acme' });
    const headers = { 'X-API-Key': client.apiKey };
    const { body } = await cast.signalbox.command('GetUserListQuery', {}, headers);
    expect(body.data).toEqual({ items: [], nextCursor: null });
    const named = await cast.signalbox.command(
      'GetUserListQuery',
      {},
      { ...headers, 'X-Account-Id': 'default' },
    );
    expect(failureOf(named)).toEqual([404, 'access.account-not-found', ['There is no account "default"']]);
  });

  it('gives nobody more than its maker has', async () => {
    const manager = await madeClient(cast.signalbox, { permissions: ['access:manage'] });
    const answer = await cast.signalbox.command(type, fields(), { 'X-API-Key': manager.apiKey });
    expect(failureOf(answer).slice(0, 2)).toEqual([403, 'access.exceeds-own']);
    const bound = await cast.signalbox.command(type, { ...fields(), accountId: 'acme' }, cast.as.stranger);
    expect(failureOf(bound).slice(0, 2)).toEqual([404, 'access.account-not-found']);
  });

  it('makes one that is disabled', async () => {
    const client = await madeClient(cast.signalbox, { role: 'viewer', isEnabled: false });
    expect(await statusWith(cast.signalbox, { 'X-API-Key': client.apiKey })).toBe(401);
    await expect(tokenOf(cast.signalbox, client)).rejects.toThrow('401');
  });

  it('audits what it made, without its key and its secret', async () => {
    const answer = await cast.signalbox.command<{ apiKey: string; clientSecret: string }>(type, fields());
    const { apiKey, clientSecret, ...view } = answer.body.data;
    const row = await auditRowOf(cast.signalbox, answer);
    expect(row).toMatchObject({ command: type, input: fields(), before: null, after: view });
    expect(JSON.stringify(row)).not.toContain(apiKey);
    expect(JSON.stringify(row)).not.toContain(clientSecret);
  });

  refusesStrangers(attempt);
  refusesRoles(['viewer', 'operator', 'designer'], 'access:manage', attempt);
  refusesInput(attempt, [
    [{ name: undefined }, ['Name is required']],
    [{ name: ' ' }, ['Name is required']],
    [{ name: 'x'.repeat(201) }, ['Name must be at most 200 characters long']],
    [{ role: undefined }, ['Role is required, or permissions']],
    [{ role: 'custom' }, ['Role must be one of viewer, operator, designer, admin']],
    [{ permissions: [] }, ['Role and permissions exclude each other: a role is a name for permissions']],
    [{ origin: 'environment' }, ['Unknown field "origin"']],
    [{ apiKey: 'mine' }, ['Unknown field "apiKey"']],
  ]);
});
