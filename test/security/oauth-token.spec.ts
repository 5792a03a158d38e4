import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { askForToken, madeClient, type MadeClient, statusWith, tokenOf } from '../commands/support/access.ts';
import { Signalbox } from '../support/signalbox.ts';

let signalbox: Signalbox;
let client: MadeClient;
const grant = { grant_type: 'client_credentials' };

beforeAll(async () => {
  signalbox = await Signalbox.start();
  client = await madeClient(signalbox, { role: 'operator' });
});
afterAll(() => signalbox.stop());

function basic(id = client.id, secret = client.clientSecret): Record<string, string> {
  const text = `${encodeURIComponent(id)}:${encodeURIComponent(secret)}`;
  return { Authorization: `Basic ${Buffer.from(text).toString('base64')}` };
}

function inForm(id = client.id, secret = client.clientSecret) {
  return { ...grant, client_id: id, client_secret: secret };
}

async function read(response: Response): Promise<Record<string, unknown>> {
  expect(response.headers.get('cache-control')).toBe('no-store');
  expect(response.headers.get('content-type')).toMatch(/^application\/json\b/);
  return { status: response.status, ...((await response.json()) as object) };
}

describe('A token for a client', () => {
  it.each([
    ['by Basic', () => askForToken(signalbox, grant, basic())],
    ['in the form', () => askForToken(signalbox, inForm())],
    [
      'by Basic and its id in the form',
      () => askForToken(signalbox, { ...grant, client_id: client.id }, basic()),
    ],
  ])('is given for its secret %s, as RFC 6749 §5.1 has it', async (_how, ask) => {
    const answer = await read(await ask());
    expect(answer).toStrictEqual({
      status: 200,
      access_token: expect.any(String),
      token_type: 'bearer',
      expires_in: 3600,
      scope:
        'webhooks:read executions:read executions:replay processes:read processes:run events:publish subscriptions:read integrations:read',
    });
    expect(await statusWith(signalbox, { Authorization: `Bearer ${String(answer['access_token'])}` })).toBe(
      200,
    );
  });

  it('ignores parameters that nobody knows', async () => {
    expect((await askForToken(signalbox, { ...inForm(), audience: 'x', resource: 'y' })).status).toBe(200);
  });

  it('may have a narrower scope, and then reaches no further', async () => {
    const headers = await tokenOf(signalbox, client, 'executions:read events:publish');
    expect((await signalbox.command('GetWebHookExecutionListQuery', {}, headers)).status).toBe(200);
    expect((await signalbox.command('GetEventListQuery', {}, headers)).status).toBe(403);
    const answer = await read(await askForToken(signalbox, { ...inForm(), scope: 'executions:read' }));
    expect(answer['scope']).toBe('executions:read');
  });

  it('has of its scope only what the client still may', async () => {
    const other = await madeClient(signalbox, { role: 'operator' });
    const headers = await tokenOf(signalbox, other, 'executions:read');
    const list = () => signalbox.command('GetWebHookExecutionListQuery', {}, headers);
    expect((await list()).status).toBe(200);
    await signalbox.command('UpdateApiClientCommand', { id: other.id, permissions: ['webhooks:read'] });
    expect((await list()).status).toBe(403);
  });

  it('is refused for a scope that the client does not have', async () => {
    for (const scope of ['webhooks:write', 'executions:read everything', 'EXECUTIONS:READ'])
      expect(await read(await askForToken(signalbox, { ...inForm(), scope }))).toStrictEqual({
        status: 400,
        error: 'invalid_scope',
        error_description: expect.stringMatching(/^The client does not have the permission "/),
      });
  });

  it('is refused for a part of what it may, where that would act with all of it', async () => {
    const designer = await madeClient(signalbox, { role: 'designer' });
    const form = { ...inForm(designer.id, designer.clientSecret), scope: 'webhooks:write executions:read' };
    expect(await read(await askForToken(signalbox, form))).toStrictEqual({
      status: 400,
      error: 'invalid_scope',
      error_description: expect.stringMatching(/^webhooks:write can only be asked for with all permissions/),
    });
  });
});

describe('A token request', () => {
  it('learns the same of an unknown client, a wrong secret, a disabled one, a user and that of ADMIN_API_KEY', async () => {
    const disabled = await madeClient(signalbox, { role: 'viewer', isEnabled: false });
    const other = await madeClient(signalbox);
    const { body } = await signalbox.command<{ items: { id: string }[] }>('GetApiClientListQuery', {
      search: 'ADMIN_API_KEY',
    });
    for (const [id, secret] of [
      ['cli_nobody', client.clientSecret],
      [client.id, 'wrong'],
      [client.id, `${client.clientSecret}x`],
      [client.id, other.clientSecret],
      [client.id, client.apiKey],
      [disabled.id, disabled.clientSecret],
      [body.data.items[0]!.id, signalbox.apiKey],
      [client.id.toUpperCase(), client.clientSecret],
    ] as const) {
      for (const response of [
        await askForToken(signalbox, inForm(id, secret)),
        await askForToken(signalbox, grant, basic(id, secret)),
      ]) {
        expect(response.headers.get('www-authenticate')).toBe('Basic realm="Signalbox"');
        expect(await read(response)).toStrictEqual({
          status: 401,
          error: 'invalid_client',
          error_description: 'The client or its secret is not valid',
        });
      }
    }
  });

  it.each<[string, string, () => Promise<Response>]>([
    ['no grant_type', 'invalid_request', () => askForToken(signalbox, {}, basic())],
    ['an empty grant_type', 'invalid_request', () => askForToken(signalbox, { grant_type: '' }, basic())],
    [
      'another grant_type',
      'unsupported_grant_type',
      () => askForToken(signalbox, { grant_type: 'password' }, basic()),
    ],
    ['a secret twice', 'invalid_request', () => askForToken(signalbox, inForm(), basic())],
    [
      'two clients',
      'invalid_request',
      () => askForToken(signalbox, { ...grant, client_id: 'cli_other' }, basic()),
    ],
    ['JSON', 'invalid_request', () => raw('application/json', JSON.stringify(inForm()))],
    ['no body', 'invalid_request', () => raw('application/x-www-form-urlencoded', '')],
    ['no type', 'invalid_request', () => raw(null, Buffer.from(new URLSearchParams(inForm()).toString()))],
    [
      'a parameter twice',
      'invalid_request',
      () => raw('application/x-www-form-urlencoded', `${new URLSearchParams(inForm())}&grant_type=x`),
    ],
    [
      'bytes that are no UTF-8',
      'invalid_request',
      () => raw('application/x-www-form-urlencoded', Buffer.from([0x61, 0x3d, 0xff])),
    ],
    [
      'credentials in the URL',
      'invalid_request',
      () => fetch(`${signalbox.url}/oauth/token?${new URLSearchParams(inForm())}`, { method: 'POST' }),
    ],
  ])('with %s is answered %s', async (_what, error, ask) => {
    const answer = await read(await ask());
    const status = error === 'invalid_client' ? 401 : 400;
    expect(answer).toStrictEqual({ status, error, error_description: expect.any(String) });
  });

  it.each([
    ['no client', {}],
    ['a token', { Authorization: 'Bearer abc' }],
    ['Basic without a colon', { Authorization: `Basic ${Buffer.from('abc').toString('base64')}` }],
    ['Basic that does not decode', { Authorization: `Basic ${Buffer.from('%zz:%zz').toString('base64')}` }],
  ])('with %s is answered invalid_client', async (_what, headers) => {
    expect(await read(await askForToken(signalbox, grant, headers as Record<string, string>))).toMatchObject({
      status: 401,
      error: 'invalid_client',
    });
  });

  it('is held up after ten failures a minute, of that client only, also with the right secret', async () => {
    const [held, other] = [await madeClient(signalbox), await madeClient(signalbox)];
    for (let n = 0; n < 10; n++)
      expect((await askForToken(signalbox, inForm(held.id, 'wrong'))).status).toBe(401);
    const response = await askForToken(signalbox, inForm(held.id, held.clientSecret));
    expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await read(response)).toMatchObject({ status: 429, error: 'temporarily_unavailable' });
    expect((await askForToken(signalbox, inForm(other.id, other.clientSecret))).status).toBe(200);
    expect(await statusWith(signalbox, { 'X-API-Key': held.apiKey })).toBe(200);
  });
});

function raw(type: string | null, body: string | Buffer<ArrayBuffer>): Promise<Response> {
  const headers = { ...basic(), ...(type !== null && { 'Content-Type': type }) };
  return fetch(`${signalbox.url}/oauth/token`, { method: 'POST', headers, body });
}
