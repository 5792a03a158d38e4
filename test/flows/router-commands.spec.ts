import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '../support/free-port.ts';
import { Signalbox } from '../support/signalbox.ts';
import { dataOf, expectRefusal, type ReceivedAnswer, sendRequest } from './send-request.ts';

interface Received {
  request: IncomingMessage;
  body: string;
}

let signalbox: Signalbox;
let partner: Server;
let partnerUrl: string;
let received: Received[] = [];
let made = 0;

beforeAll(async () => {
  signalbox = await Signalbox.start({ env: { OUTBOUND_ALLOWED_NETWORKS: '127.0.0.0/8' } });
  partner = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      received.push({ request, body });
      const status = Number(request.headers['x-want'] ?? 200);
      response.writeHead(status, { 'Content-Type': 'application/json', 'X-Partner': 'yes' }).end('{"id":7}');
    });
  });
  await new Promise<void>((resolve) => partner.listen(0, '127.0.0.1', resolve));
  partnerUrl = `http://127.0.0.1:${(partner.address() as AddressInfo).port}/orders?a=1`;
});

afterAll(async () => {
  partner.closeAllConnections();
  partner.close();
  await signalbox.stop();
});

async function answerOfScript(executionCode: string, body: unknown = {}): Promise<ReceivedAnswer> {
  const key = `script-${++made}`;
  await signalbox.createConfig(key, { executionCode });
  return await post(key, JSON.stringify(body));
}

async function answerOfNative(commandName: string, body: unknown): Promise<ReceivedAnswer> {
  const key = `native-${++made}`;
  await signalbox.createConfig(key, { executionType: 0, commandName });
  return await post(key, typeof body === 'string' ? body : JSON.stringify(body));
}

function post(key: string, body: string): Promise<ReceivedAnswer> {
  return sendRequest(signalbox.url, {
    path: `/api/webhooks/dynamic/${key}`,
    headers: { 'Content-Type': 'application/json' },
    body,
  });
}

const newConfig = (key: string) => ({
  key,
  description: 'Made by a webhook',
  isEnabled: true,
  path: `/webhooks/${key}`,
  action: 'POST',
  executionType: 2,
  executionCode: 'return 1;',
});

describe('a native command', () => {
  it('gives its data as the result, and its writes hold when the answer comes', async () => {
    const answer = await answerOfNative('CreateWebHookConfigCommand', newConfig('made-natively'));
    expect(answer.json).toMatchObject({ success: true, message: 'Webhook processed successfully' });
    expect(dataOf(answer)).toMatchObject({ key: 'made-natively', version: 1 });
    expect(dataOf(await post('made-natively', '{}'))).toBe(1);
  });

  it('takes only the fields it knows from the body, and never $type', async () => {
    const victim = await signalbox.createConfig('victim');
    const body = `{"$type":"DeleteWebHookConfigCommand","id":${String(victim['id'])},"caller":{"id":"x"},"accountId":"other",
      "permissions":["access:manage"],"__proto__":{"pageSize":1},"constructor":1,"pageSize":2,"unknown":true}`;
    const answer = await answerOfNative('GetWebHookConfigListQuery', body);
    expect(dataOf(answer)).toMatchObject({ pageNumber: 1, pageSize: 2 });
    expect(dataOf(await post('victim', '{}'))).toEqual({});
    const { steps } = await signalbox.execution(String(answer.headers['x-execution-id']));
    expect(steps).toMatchObject([{ name: 'GetWebHookConfigListQuery', input: { pageSize: 2 } }]);
    expect(Object.keys((steps as { input: object }[])[0]!.input)).toEqual(['pageSize']);
  });

  it.each(['null', '[]', '"text"', '7', ''])('runs without fields on the body %j', async (body) => {
    const answer = await answerOfNative('GetWebHookConfigListQuery', body);
    expect(dataOf(answer)).toMatchObject({ pageNumber: 1, pageSize: 10 });
  });

  it('runs without fields on a form, whatever its names are', async () => {
    await signalbox.createConfig('form', { executionType: 0, commandName: 'GetWebHookConfigListQuery' });
    const answer = await sendRequest(signalbox.url, {
      path: '/api/webhooks/dynamic/form?pageSize=1',
      headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
      body: 'pageSize=1',
    });
    expect(dataOf(answer)).toMatchObject({ pageSize: 10 });
  });

  it.each([
    [
      'GetWebHookConfigByIdQuery',
      { id: 999_999 },
      404,
      'No webhook configuration found with the specified ID',
    ],
    ['GetWebHookConfigByIdQuery', { id: 'one' }, 400, 'Id must be'],
    ['GetWebHookConfigByIdQuery', {}, 400, 'Id is required'],
    ['GetWebHookConfigListQuery', { pageSize: 1000 }, 400, 'PageSize must be at most 100'],
    [
      'CreateWebHookConfigCommand',
      newConfig('victim'),
      409,
      'A webhook configuration with this key already exists',
    ],
    ['DeactivateWebHookConfigCommand', { id: 999_999 }, 404, 'Configuration not found'],
  ])('that fails answers with its own status: %s %j → %i', async (command, body, status, sentence) => {
    const answer = await answerOfNative(command, body);
    expectRefusal(answer, status, expect.stringMatching(/^[a-z-]+\.[a-z-]+$/) as string);
    expect(answer.json).toMatchObject({ errors: [expect.stringContaining(sentence)] });
    const id = String(answer.headers['x-execution-id']);
    expect(await signalbox.execution(id)).toMatchObject({ status: 'failed', answerStatus: status });
  });

  it('that cannot reach its partner answers with its own status', async () => {
    const url = `http://127.0.0.1:${await freePort()}/`;
    const answer = await answerOfNative('SendHttpRequestCommand', { method: 'GET', url });
    expectRefusal(answer, 503, 'http-request.connection');
  });
});

describe('doCmd', () => {
  it('returns the envelope of the command endpoint', async () => {
    const direct = await signalbox.command('LookupWebHookByKeyCommand', { key: 'victim' });
    const answer = await answerOfScript(`return doCmd('LookupWebHookByKeyCommand', { key: 'victim' });`);
    expect(dataOf(answer)).toEqual(direct.body);
  });

  it.each([
    [`'GetWebHookConfigByIdQuery', { id: 'x' }`, 'Validation failed', 'Id must be'],
    [`'GetWebHookConfigByIdQuery', { id: 1, more: 1 }`, 'Validation failed', 'Unknown field "more"'],
    [`'GetWebHookConfigByIdQuery', { id: 1, $type: 'X' }`, 'Validation failed', 'Unknown field "$type"'],
    [`'GetWebHookConfigByIdQuery'`, 'Validation failed', 'Id is required'],
    [`'GetWebHookConfigByIdQuery', { id: 1e6 }`, 'Configuration not found', 'No webhook configuration found'],
    [`'NoSuchCommand', {}`, 'Unknown command', 'NoSuchCommand'],
    [`'constructor', {}`, 'Unknown command', 'constructor'],
    [`'__proto__', {}`, 'Unknown command', '__proto__'],
    [`'getwebhookconfiglistquery', {}`, 'Unknown command', ''],
    [`'', {}`, '', ''],
    [`undefined`, '', ''],
    [`7, {}`, '', ''],
    [`{ toString: () => 'GetWebHookConfigListQuery' }, {}`, '', ''],
    [`'GetWebHookConfigListQuery', []`, 'Validation failed', ''],
    [`'GetWebHookConfigListQuery', 'text'`, 'Validation failed', ''],
    [`'GetWebHookConfigListQuery', 1n`, 'Validation failed', ''],
    [`'GetWebHookConfigListQuery', () => 1`, 'Validation failed', ''],
    [`'GetWebHookConfigListQuery', { search: 1n }`, 'Validation failed', ''],
    [`'GetWebHookConfigListQuery', { toJSON() { throw 1; } }`, 'Validation failed', ''],
    [`'GetWebHookConfigListQuery', { search: 'x'.repeat(2e6) }`, 'Validation failed', ''],
    [`'N'.repeat(1000), {}`, '', ''],
  ])(
    '(%s) never throws but returns a failure with a sentence and a code',
    async (input, message, sentence) => {
      const envelope = dataOf<{ message: string; errors: string[] }>(
        await answerOfScript(`return doCmd(${input});`),
      );
      expect(envelope).toEqual({
        success: false,
        data: null,
        message: expect.stringContaining(message) as string,
        errors: [expect.stringContaining(sentence)],
        code: expect.stringMatching(/^[a-z-]+\.[a-z-]+$/) as string,
      });
    },
  );

  it('sends an HTTP request and gives its answer', async () => {
    received = [];
    const code = `return doCmd('SendHttpRequestCommand', { method: 'POST', url: context.body.url,
      headers: { 'X-Mine': 'mine', 'X-Want': '201' }, body: { order: 7 } });`;
    expect(dataOf(await answerOfScript(code, { url: partnerUrl }))).toMatchObject({
      success: true,
      message: 'HTTP request sent',
      data: { status: 201, headers: { 'x-partner': 'yes' }, body: '{"id":7}', bodyTruncated: false },
    });
    expect(received).toHaveLength(1);
    const { request, body } = received[0]!;
    expect([request.method, request.url, body]).toEqual(['POST', '/orders?a=1', '{"order":7}']);
    expect(request.headers).toMatchObject({ 'x-mine': 'mine', 'content-type': 'application/json' });
  });

  it('sends along a key by which the partner knows a request that comes again, unless the script names one', async () => {
    received = [];
    const code = `const send = (headers) =>
        doCmd('SendHttpRequestCommand', { method: 'POST', url: context.body.url, headers, body: {} });
      send(); send({}); send({ 'idempotency-KEY': 'mine' }); return send().success;`;
    const answer = await answerOfScript(code, { url: partnerUrl });
    expect(dataOf(answer)).toBe(true);
    const id = String(answer.headers['x-execution-id']);
    const native = await answerOfNative('SendHttpRequestCommand', {
      method: 'POST',
      url: partnerUrl,
      body: {},
    });
    const nativeId = String(native.headers['x-execution-id']);
    expect(received.map(({ request }) => request.headers['idempotency-key'])).toEqual([
      `${id}/1`,
      `${id}/2`,
      'mine',
      `${id}/4`,
      `${nativeId}/1`,
    ]);
  });

  it('takes any status of the partner as an answer', async () => {
    const code = `return doCmd('SendHttpRequestCommand', { method: 'GET', url: context.body.url,
      headers: { 'X-Want': '500' } }).data.status;`;
    expect(dataOf(await answerOfScript(code, { url: partnerUrl }))).toBe(500);
  });

  it('is refused to private addresses where the operator allows none', async () => {
    received = [];
    const strict = await Signalbox.start();
    try {
      await strict.createConfig('send', {
        executionCode: `return doCmd('SendHttpRequestCommand', { method: 'GET', url: context.body.url });`,
      });
      const { data } = (await (await strict.call('send', { url: partnerUrl })).json()) as { data: unknown };
      expect(data).toEqual({
        success: false,
        data: null,
        message: 'HTTP request failed',
        errors: [expect.stringContaining('OUTBOUND_ALLOWED_NETWORKS')],
        code: 'http-request.refused',
      });
      expect(received).toEqual([]);
    } finally {
      await strict.stop();
    }
  });
});
