import { createHash, createHmac, randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { madeClient, madeUser, tokenOf } from '../commands/support/access.ts';
import { CountingServer } from '../support/counting-server.ts';
import { keptBytes } from '../support/database.ts';
import { Signalbox } from '../support/signalbox.ts';

/** Every secret of the run, by what it is. */
const secrets = new Map<string, string>();
let signalbox: Signalbox;
let outside: CountingServer;
const executionIds: string[] = [];
/** A secret made for this run. */
function secret(what: string): string {
  const value = `${what}-${randomBytes(18).toString('hex')}`;
  secrets.set(what, value);
  return value;
}

function kept(what: string, value: string): string {
  secrets.set(what, value);
  return value;
}

/** How a secret may stand somewhere without being readable at once. */
function shapesOf(value: string): string[] {
  const bytes = Buffer.from(value);
  // Within a longer text Base64 begins at any of three places: the middle of each is the same whatever surrounds it.
  const shifted = [0, 1, 2].map((shift) =>
    Buffer.concat([Buffer.alloc(shift), bytes])
      .toString('base64')
      .slice(shift === 0 ? 0 : 4)
      .replace(/.{4}=*$/, ''),
  );
  return [value, bytes.toString('hex'), bytes.toString('base64url'), ...shifted];
}

/** Which secrets stand in a text. */
function foundIn(text: string): string[] {
  return [...secrets]
    .filter(([, value]) => shapesOf(value).some((shape) => text.includes(shape)))
    .map(([what]) => what);
}

async function save(key: string, fields: Record<string, unknown>): Promise<void> {
  await signalbox.createConfig(key, fields);
}

/** Calls a webhook with a body and headers, whatever comes back. */
async function call(
  key: string,
  body: string,
  headers: Record<string, string> = {},
  query = '',
): Promise<void> {
  const response = await fetch(`${signalbox.url}/api/webhooks/dynamic/${key}${query}`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...headers },
    body,
  });
  await response.arrayBuffer();
  executionIds.push(response.headers.get('x-execution-id') ?? '');
}

async function signIn(username: string, password: string): Promise<void> {
  const response = await fetch(`${signalbox.url}/api/auth/login`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ username, password }),
  });
  const { data } = (await response.json()) as { data: { token: string; refreshToken: string } };
  kept('access token of a user', data.token);
  kept('refresh token', data.refreshToken);
}

beforeAll(async () => {
  outside = await CountingServer.start();
  const env = {
    ADMIN_API_KEY: secret('admin-api-key'),
    ADMIN_PASSWORD: secret('admin-password'),
    OUTBOUND_ALLOWED_NETWORKS: '127.0.0.0/8',
    LOG_LEVEL: 'debug',
  };
  signalbox = await Signalbox.start({ env });
  kept('secrets key', readFileSync(join(signalbox.dataFolder, 'secrets.key'), 'utf8').trim());
  await giveAccess();
  await runWebhooks();
});
afterAll(async () => {
  await signalbox.stop();
  await outside.stop();
});

async function giveAccess(): Promise<void> {
  await signIn('admin', secrets.get('admin-password')!);
  const password = secret('user-password');
  const { id } = await madeUser(signalbox, { username: 'ada', password });
  await signIn('ada', password);
  await signalbox.command('UpdateUserCommand', { id, password: secret('second-password') });
  // Refused, and so in the log and in the audit log of failures.
  await signalbox.command('CreateUserCommand', {
    username: 'ada',
    password: secret('refused-password'),
    role: 'viewer',
  });
  await signalbox.command('CreateUserCommand', { username: 'eve', pasword: secret('mistyped-password') });
  const client = await madeClient(signalbox, { role: 'designer' });
  kept('api key', client.apiKey);
  kept('client secret', client.clientSecret);
  kept(
    'access token of a client',
    (await tokenOf(signalbox, client))['Authorization']!.slice('Bearer '.length),
  );
  const { body } = await signalbox.command<{ apiKey: string }>('RotateApiKeyCommand', { id: client.id });
  kept('second api key', body.data.apiKey);
  await signalbox.command('GetCommandCatalogueQuery', {}, { 'X-API-Key': secret('wrong-api-key') });
}

async function runWebhooks(): Promise<void> {
  await save('script', {
    verification: { scheme: 'token', in: 'header', name: 'X-Shop-Key', secrets: [secret('shop-key')] },
    executionCode: `
      const key = secrets.get('OUTSIDE');
      console.log('calling with', key, context.headers['x-shop-key']);
      const answer = doCmd('SendHttpRequestCommand', {
        method: 'POST',
        url: context.body.url + '?access_token=' + key,
        headers: { Authorization: 'Bearer ' + key },
        body: { password: key },
      });
      if (context.body.isToFail) throw new Error('failed with ' + key);
      return { key, answer };`,
  });
  const value = secret('script-secret');
  await signalbox.command('SetSecretCommand', { name: 'OUTSIDE', value, configKeys: ['script'] });
  const shop = { 'X-Shop-Key': secrets.get('shop-key')! };
  await call('script', JSON.stringify({ url: outside.url('/in') }), shop);
  await call('script', JSON.stringify({ url: outside.url('/in'), isToFail: true }), shop);
  await call('script', JSON.stringify({ url: outside.url('/in') }), {
    'X-Shop-Key': secret('wrong-shop-key'),
  });
  await call('script', '{}', {
    ...shop,
    Authorization: `Bearer ${secret('passing-token')}`,
    Cookie: secret('cookie'),
  });
  await call('script', '{}', shop, `?api_key=${secret('key-in-query')}`);
  await save('signed', {
    verification: { scheme: 'preset', name: 'github', secrets: [secret('github-secret')] },
  });
  const body = '{"a":1}';
  const hmac = createHmac('sha256', secrets.get('github-secret')!).update(body).digest('hex');
  await call('signed', body, { 'X-Hub-Signature-256': `sha256=${hmac}` });
  await save('basic', {
    verification: { scheme: 'basic', username: 'shop', secrets: [secret('basic-password')] },
  });
  const basic = Buffer.from(`shop:${secrets.get('basic-password')!}`).toString('base64');
  await call('basic', body, { Authorization: `Basic ${basic}` });
  await save('maker', {
    executionType: 0,
    commandName: 'CreateApiClientCommand',
  });
  await call('maker', '{"name":"by a webhook","role":"viewer"}');
  await save('scripted-maker', {
    executionCode: `
      const made = doCmd('CreateApiClientCommand', { name: 'by a script', role: 'viewer' });
      console.log('made', made.data.apiKey);
      return [made, JSON.stringify(made)];`,
  });
  await call('scripted-maker', '{}');
  await signalbox.command('CreateCommandDefinitionCommand', {
    name: 'MakeClientCommand',
    description: 'Makes a client',
    inputSchema: { type: 'object' },
    permission: 'webhooks:read',
    executionCode: `
      const made = doCmd('CreateApiClientCommand', { name: 'by a definition', role: 'viewer' });
      console.log('made', made.data.apiKey);
      return made;`,
  });
  await signalbox.command('CreateCommandDefinitionCommand', {
    name: 'CallOutsideCommand',
    description: 'Calls',
    inputSchema: { type: 'object' },
    permission: 'http:send',
    http: { method: 'POST', url: outside.url('/defined') },
    secretHeaders: { 'X-Token': secret('secret-header') },
  });
  await signalbox.command('CallOutsideCommand');
  await save('defined-maker', { executionCode: `return doCmd('MakeClientCommand', {});` });
  await call('defined-maker', '{}');
  // From the second try on what was made is given again from the record.
  await save('trying-maker', {
    responseMode: 'async',
    retry: { maxAttempts: 3, initialSeconds: 1, factor: 1 },
    executionCode: `
      const made = doCmd('MakeClientCommand', {});
      console.log('again', JSON.stringify(made));
      throw new Error('failed with ' + made.data.data.apiKey);`,
  });
  await call('trying-maker', '{}');
  await ended(executionIds.at(-1)!);
  const event = { type: 'order.paid', payload: { password: 'not ours' } };
  await signalbox.command('PublishEventCommand', event);
}

async function read(type: string, fields: Record<string, unknown> = {}): Promise<string> {
  return JSON.stringify((await signalbox.command(type, fields)).body);
}

async function ended(id: string): Promise<void> {
  const deadline = Date.now() + 30_000;
  while ((await signalbox.execution(id))['status'] !== 'dead') {
    if (Date.now() > deadline) throw new Error('The run does not end');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** What anybody may read who may read everything. */
async function answers(): Promise<string[]> {
  const keys = ['script', 'signed', 'basic', 'maker'];
  return [
    ...(await Promise.all(executionIds.map((id) => read('GetWebHookExecutionByIdQuery', { id })))),
    ...(await Promise.all(keys.map((key) => read('LookupWebHookByKeyCommand', { key })))),
    ...(await Promise.all(keys.map((key) => read('GetWebHookStatisticsQuery', { key })))),
    await read('GetWebHookExecutionListQuery', { pageSize: 100 }),
    await read('GetWebHookConfigListQuery'),
    await read('GetWebHookConfigVersionListQuery', { id: 1 }),
    await read('GetSecretListQuery'),
    await read('GetUserListQuery'),
    await read('GetApiClientListQuery'),
    await read('GetAuditLogQuery', { pageSize: 100 }),
    await read('GetEventListQuery'),
    await read('GetCommandDefinitionListQuery'),
    await read('GetCommandCatalogueQuery'),
  ];
}

async function publicPages(): Promise<string[]> {
  const paths = ['/metrics', '/api/openapi.json', '/.well-known/jwks.json', '/health/ready', '/health/live'];
  return await Promise.all(paths.map(async (path) => (await fetch(signalbox.url + path)).text()));
}

/** The database and every other file of the installation but the key file itself. */
async function disk(): Promise<string[]> {
  const { dataFolder } = signalbox;
  const names = readdirSync(dataFolder).filter((name) => name !== 'secrets.key');
  const files = names.map((name) => readFileSync(join(dataFolder, name)).toString('latin1'));
  return [await keptBytes(dataFolder), ...files];
}

describe('After a run with many secrets', () => {
  it('there were some, the calls that use them came through, and the scan finds what is there', () => {
    expect(secrets.size).toBeGreaterThanOrEqual(22);
    expect(outside.hits).toHaveLength(3);
    const value = secrets.get('script-secret')!;
    expect(foundIn(`x ${value} y`)).toEqual(['script-secret']);
    expect(foundIn(Buffer.from(`xy${value}z`).toString('base64'))).toEqual(['script-secret']);
    expect(foundIn(createHash('sha256').update(value).digest('hex'))).toEqual([]);
  });

  it('no answer shows one', async () => {
    const texts = await answers();
    expect(texts.join('\n')).toContain('[masked]');
    expect(texts.flatMap(foundIn)).toEqual([]);
  });

  it('no public page shows one, metrics included', async () => {
    const pages = await publicPages();
    expect(pages.flatMap(foundIn)).toEqual([]);
    expect(pages[0]).toContain('signalbox_');
  });

  it('the log has none, however much it says', () => {
    expect(signalbox.output.length).toBeGreaterThan(1000);
    expect(foundIn(signalbox.output)).toEqual([]);
  });

  it('the disk has none in clear, write-ahead log included', async () => {
    const files = await disk();
    expect(files.join('').length).toBeGreaterThan(50_000);
    expect(files.flatMap(foundIn)).toEqual([]);
  });

  it('what a webhook made that is secret is in no record of it', async () => {
    for (const [id, what] of [
      [executionIds.at(-4), 'by a webhook'],
      [executionIds.at(-3), 'by a script'],
      [executionIds.at(-2), 'by a definition'],
      [executionIds.at(-1), 'by a definition'],
    ] as const) {
      const text = JSON.stringify(await signalbox.execution(id!));
      expect(text).toContain(what);
      expect(text).toContain('[masked]');
      expect(text).not.toMatch(/sb[ks]_[\w-]{20}/);
    }
  });
});
