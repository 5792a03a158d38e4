import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ReceivedAnswer, sendRequest } from '../flows/send-request.ts';
import { keptBytes } from '../support/database.ts';
import { Signalbox } from '../support/signalbox.ts';

let signalbox: Signalbox;
let made = 0;

beforeAll(async () => {
  signalbox = await Signalbox.start();
});

afterAll(() => signalbox.stop());

async function callOf(
  executionCode: string,
  headers: Record<string, string>,
  query = '',
): Promise<ReceivedAnswer> {
  const key = `script-${++made}`;
  await signalbox.createConfig(key, { executionCode });
  return await sendRequest(signalbox.url, {
    path: `/api/webhooks/dynamic/${key}${query}`,
    headers: { 'Content-Type': 'application/json', ...headers },
    body: '{}',
  });
}

/** What the queries show of the call behind an answer. */
async function shown(answer: ReceivedAnswer): Promise<string> {
  const id = String(answer.headers['x-execution-id']);
  const list = await signalbox.command('GetWebHookExecutionListQuery', { search: id });
  return JSON.stringify([await signalbox.execution(id), list.body]);
}

/** Every byte that the product keeps or says: its database with the write-ahead log, and its output. */
async function kept(): Promise<string> {
  const bytes = await keptBytes(signalbox.dataFolder);
  expect(bytes.length).toBeGreaterThan(50_000);
  return [bytes, signalbox.output].join('\n');
}

async function expectGone(answer: ReceivedAnswer, secrets: readonly string[]): Promise<void> {
  const [view, disk] = [await shown(answer), await kept()];
  for (const secret of secrets) {
    expect(view).not.toContain(secret);
    // Not toContain: its failure would print the whole database.
    expect(disk.includes(secret), `${secret} on disk or in the output`).toBe(false);
  }
}

const headerNames = [
  'Authorization',
  'Proxy-Authorization',
  'Cookie',
  'X-API-Key',
  'Api-Key',
  'X-Auth-Token',
  'X-Hub-Signature-256',
  'X-Shared-Secret',
  'mono-webhook-secret',
];

describe('the credentials of a request', () => {
  it.each(headerNames)(
    'in %s are in no answer of a query and nowhere in the database in clear',
    async (name) => {
      const secret = `canary-${name}-"quoted\\-7f3a9c51`;
      const code = `console.log(context.headers[${JSON.stringify(name.toLowerCase())}]);
      doCmd('GetWebHookConfigListQuery', { search: context.headers[${JSON.stringify(name.toLowerCase())}] });
      return context.headers;`;
      const answer = await callOf(code, { [name]: secret });
      expect(answer.text).toContain('7f3a9c51');
      await expectGone(answer, [secret, JSON.stringify(secret).slice(1, -1), '7f3a9c51']);
    },
  );

  it.each(['token', 'api_key', 'apikey', 'access_token', 'secret', 'signature', 'password'])(
    'in the query parameter %s are in no answer of a query and nowhere in the database in clear',
    async (name) => {
      const answer = await callOf(
        'console.log(context.query); return context.query;',
        {},
        `?${name}=qcanary%20${name}-55aa`,
      );
      expect(answer.text).toContain('55aa');
      await expectGone(answer, [`qcanary ${name}-55aa`, `qcanary%20${name}-55aa`]);
    },
  );

  it.each([
    'throw new Error("refused " + context.headers["x-api-key"]);',
    'return respond({ headers: { "X-Echo": context.headers["x-api-key"] }, body: context.headers["x-api-key"] });',
    'doCmd(context.headers["x-api-key"], {});',
    'doCmd("GetWebHookConfigListQuery", { [context.headers["x-api-key"]]: 1 });',
    'console.log({ deep: [context.headers["x-api-key"]] });',
  ])('are masked wherever a script puts them: %s', async (code) => {
    const secret = `thrown-canary-${made}-1e9b`;
    await expectGone(await callOf(code, { 'X-API-Key': secret }), [secret]);
  });

  it('are masked where a script takes them out of their scheme', async () => {
    const code = `const token = context.headers.authorization.split(' ')[1]; console.log('token is', token); return token;`;
    await expectGone(await callOf(code, { Authorization: 'Bearer bearer-canary-8c21' }), [
      'bearer-canary-8c21',
    ]);
  });

  it('are not kept in the audit log when a script hands them to a command', async () => {
    const code = `doCmd('SendHttpRequestCommand', { method: 'GET', url: 'http://127.0.0.1:1/' + context.headers['x-api-key'] });
      doCmd('DeactivateWebHookConfigCommand', { id: 999999, [context.headers['x-api-key']]: 1 });`;
    await expectGone(await callOf(code, { 'X-API-Key': 'audit-canary-40d7' }), ['audit-canary-40d7']);
  });

  it('do not stand in clear in the request as it is kept, nor does its body', async () => {
    const key = 'sealed';
    await signalbox.createConfig(key, { executionCode: 'return 1;' });
    await signalbox.call(
      key,
      { note: 'body-canary-93ee' },
      { headers: { 'X-Custom': 'header-canary-61b0' } },
    );
    const disk = await kept();
    expect([disk.includes('body-canary-93ee'), disk.includes('header-canary-61b0')]).toEqual([false, false]);
  });

  it.each([
    ['the names of the record itself', '"level":"log"'],
    ['a piece of its punctuation', '},{"name":'],
    ['a number that stands in it', '1234567'],
    ['a word of every answer', 'success'],
    ['the mask', '[masked]'],
  ])('that look like %s leave the record readable', async (_what, secret) => {
    const code = `console.log('a'); console.log('b');
      doCmd('GetWebHookConfigByIdQuery', { id: 1234567 }); doCmd('GetWebHookConfigByIdQuery', { id: 1234567 });`;
    const answer = await callOf(code, { 'X-API-Key': secret });
    const record = await signalbox.execution(String(answer.headers['x-execution-id']));
    expect(record['logs']).toHaveLength(2);
    expect(record['steps']).toHaveLength(2);
  });
});
