import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { auditOfExecution } from '../commands/support/audit-log.ts';
import { Signalbox } from '../support/signalbox.ts';

const TOKEN = `Bearer ${'t0ken'.repeat(4)}`;

interface Hit {
  method: string;
  url: string;
  headers: IncomingMessage['headers'];
  body: string;
}

let signalbox: Signalbox;
let server: Server;
let origin: string;
const hits: Hit[] = [];
/** What the endpoint answers next. */
let answer: { status: number; body: string | Buffer } = { status: 200, body: '{}' };

beforeAll(async () => {
  server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { method = '', url = '', headers } = request;
    hits.push({ method, url, headers, body: Buffer.concat(chunks).toString() });
    response.statusCode = answer.status;
    response.end(answer.body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  signalbox = await Signalbox.start({ env: { OUTBOUND_ALLOWED_NETWORKS: '127.0.0.1' } });
  await define('ReserveCommand', {
    http: { method: 'POST', url: `${origin}/reserve`, headers: { 'X-Shop': 'north' } },
    secretHeaders: { Authorization: TOKEN },
  });
  await define('FindCommand', { http: { method: 'GET', url: `${origin}/find?fixed=1` } });
  await define('DoubleCommand', { executionCode: 'console.log("doubling"); return context.input.n * 2;' });
});
afterAll(async () => {
  await signalbox.stop();
  server.close();
});

const inputSchema = {
  type: 'object',
  properties: {
    sku: { type: 'string', minLength: 2 },
    n: { type: 'integer' },
    tags: { type: 'array', items: { type: 'string' } },
    place: { type: 'object', required: ['row'], additionalProperties: false, properties: { row: {} } },
  },
};

async function define(name: string, fields: object): Promise<void> {
  const definition = { name, description: name, permission: 'webhooks:read', inputSchema, ...fields };
  const { body } = await signalbox.command('CreateCommandDefinitionCommand', definition);
  if (!body.success) throw new Error(JSON.stringify(body));
}

async function call(key: string, body: object) {
  const response = await signalbox.call(key, body);
  return {
    status: response.status,
    id: response.headers.get('x-execution-id')!,
    body: (await response.json()) as Record<string, unknown>,
  };
}

describe('An endpoint', () => {
  it('gets the input as JSON with its headers, and answers the data', async () => {
    answer = { status: 201, body: '{"reserved":true}' };
    const { status, body } = await signalbox.command('ReserveCommand', { sku: 'A1', n: 2 });
    expect([status, body]).toEqual([
      200,
      { success: true, data: { reserved: true }, message: 'Command executed successfully' },
    ]);
    expect(hits.at(-1)).toMatchObject({
      method: 'POST',
      url: '/reserve',
      headers: { 'x-shop': 'north', authorization: TOKEN, 'content-type': 'application/json' },
      body: '{"sku":"A1","n":2}',
    });
    expect(hits.at(-1)!.headers).not.toHaveProperty('idempotency-key');
  });

  it('without a body gets it as a query', async () => {
    answer = { status: 200, body: 'plain text' };
    const { body } = await signalbox.command('FindCommand', {
      sku: 'a b&c',
      tags: ['x', 'y'],
      place: { row: 1 },
    });
    expect(body.data).toBe('plain text');
    expect(hits.at(-1)).toMatchObject({
      method: 'GET',
      url: '/find?fixed=1&sku=a+b%26c&tags=x&tags=y&place=%7B%22row%22%3A1%7D',
      body: '',
    });
  });

  it.each([
    ['nothing', '', null],
    ['bytes', Buffer.from([0xff, 0xfe]), '//4='],
    ['JSON that nests too deep', '['.repeat(70) + ']'.repeat(70), '['.repeat(70) + ']'.repeat(70)],
  ])('that answers %s has data all the same', async (_what, body, data) => {
    answer = { status: 200, body };
    expect((await signalbox.command('ReserveCommand')).body.data).toEqual(data);
  });

  it.each([
    [404, 409],
    [503, 503],
    [302, 409],
  ])(
    'that answers %s has failed, with the beginning of what it said and no secret in it',
    async (status, expected) => {
      answer = { status, body: `no: ${TOKEN} ${TOKEN.slice(7)} ${'x'.repeat(5000)}` };
      const failed = await signalbox.command('ReserveCommand');
      const [sentence] = failed.body.errors!;
      expect([failed.status, failed.body.code]).toEqual([expected, 'http-request.status']);
      expect(sentence).toMatch(
        new RegExp(`^The endpoint answered ${status}: no: \\[masked\\] \\[masked\\] x+$`),
      );
      expect(sentence!.length).toBeLessThan(400);
    },
  );

  it('that says too much has failed', async () => {
    answer = { status: 200, body: 'x'.repeat(1_048_577) };
    expect((await signalbox.command('ReserveCommand')).body).toMatchObject({
      code: 'command-definition.answer-too-large',
    });
  });

  it('shows its secrets in no record of a run, echoed or not, and has the key of the call', async () => {
    answer = { status: 200, body: JSON.stringify({ echo: TOKEN, part: TOKEN.slice(7) }) };
    await signalbox.createConfig('reserve', { executionType: 0, commandName: 'ReserveCommand' });
    const { id, body } = await call('reserve', { sku: 'A1', other: 1 });
    expect(body['data']).toEqual({ echo: TOKEN, part: TOKEN.slice(7) });
    expect(hits.at(-1)).toMatchObject({ body: '{"sku":"A1"}', headers: { 'idempotency-key': `${id}/1` } });
    expect(hits.at(-1)!.headers['x-signalbox-depth']).toMatch(/^1\./);
    const record = JSON.stringify([await signalbox.execution(id), await auditOfExecution(signalbox, id)]);
    expect(record).toContain('[masked]');
    expect(record).not.toContain(TOKEN.slice(7));
  });

  it('is not called by tests', async () => {
    const before = hits.length;
    const { body } = await signalbox.command('TestWebHookConfigCommand', {
      key: 'reserve',
      request: { body: { sku: 'A1' } },
    });
    expect(body.data).toMatchObject({ status: 'succeeded', steps: [{ output: { message: 'Simulated' } }] });
    expect(hits.length).toBe(before);
  });
});

it('Definitions outlive a restart', async () => {
  const dataFolder = signalbox.dataFolder;
  const apiKey = signalbox.apiKey;
  await signalbox.kill();
  signalbox = await Signalbox.start({
    dataFolder,
    env: { ADMIN_API_KEY: apiKey, OUTBOUND_ALLOWED_NETWORKS: '127.0.0.1' },
  });
  answer = { status: 200, body: '1' };
  expect((await signalbox.command('ReserveCommand')).body.data).toBe(1);
  expect(hits.at(-1)!.headers.authorization).toBe(TOKEN);
  expect((await signalbox.command('DoubleCommand', { n: 1 })).body.data).toBe(2);
});
