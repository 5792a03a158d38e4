import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Cast, startWithRoles } from '../support/roles.ts';
import { freePort } from '../support/free-port.ts';
import { auditRowOf } from './support/audit-log.ts';
import { type Attempt, refusesInput, refusesRoles, refusesStrangers } from './support/refusals.ts';

const type = 'SendHttpRequestCommand';
let cast: Cast;
let target: Server;
let targetUrl = '';
let hits = 0;

const attempt: Attempt = {
  cast: () => cast,
  type,
  fields: () => ({ method: 'GET', url: `${targetUrl}/echo` }),
};

/** The other system: tells what it got, or does what its path says. */
function answer(request: IncomingMessage, response: ServerResponse): void {
  hits++;
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    switch (request.url) {
      case '/missing':
        response.writeHead(404, { 'Content-Type': 'text/plain' }).end('not here');
        return;
      case '/moved':
        response.writeHead(302, { Location: `${targetUrl}/echo` }).end();
        return;
      case '/binary':
        response.end(Buffer.from([0xff, 0xfe, 0x00]));
        return;
      case '/large':
        response.end('x'.repeat(70_000));
        return;
      case '/silent':
        return;
      default:
        response.writeHead(200, { 'Content-Type': 'application/json', 'X-Seen': 'yes' });
        response.end(echoOf(request, Buffer.concat(chunks)));
    }
  });
}

function echoOf({ method, headers }: IncomingMessage, body: Buffer): string {
  return JSON.stringify({
    method,
    type: headers['content-type'] ?? null,
    shop: headers['x-shop'] ?? null,
    ours: Object.keys(headers).filter((name) => /^(x-signalbox|idempotency)/.test(name)),
    body: body.toString(),
  });
}

async function send(fields: Record<string, unknown>): Promise<Record<string, unknown>> {
  const { body } = await cast.signalbox.command(type, { method: 'GET', ...fields });
  if (!body.success) throw new Error(JSON.stringify(body));
  return body.data;
}

beforeAll(async () => {
  target = createServer(answer);
  await new Promise<void>((resolve) => target.listen(0, '127.0.0.1', resolve));
  targetUrl = `http://127.0.0.1:${(target.address() as AddressInfo).port}`;
  cast = await startWithRoles({ OUTBOUND_ALLOWED_NETWORKS: '127.0.0.1/32' });
});
afterAll(async () => {
  await cast.stop();
  target.closeAllConnections();
  target.close();
});

describe('SendHttpRequestCommand', () => {
  it('answers status, headers and body of the other system', async () => {
    const answered = await cast.signalbox.command(type, { method: 'GET', url: `${targetUrl}/echo` });
    expect(answered.status).toBe(200);
    expect(answered.body).toStrictEqual({
      success: true,
      data: {
        status: 200,
        headers: expect.objectContaining({ 'content-type': 'application/json', 'x-seen': 'yes' }),
        body: JSON.stringify({ method: 'GET', type: null, shop: null, ours: [], body: '' }),
        bodyBase64: null,
        bodyTruncated: false,
      },
      message: 'HTTP request sent',
    });
  });

  it.each(['POST', 'PUT', 'PATCH', 'DELETE'])('sends an object as JSON with %s', async (method) => {
    const data = await send({
      method,
      url: `${targetUrl}/echo`,
      body: { n: 1 },
      headers: { 'X-Shop': 'north' },
    });
    expect(JSON.parse(String(data['body']))).toStrictEqual({
      method,
      type: 'application/json',
      shop: 'north',
      ours: [],
      body: '{"n":1}',
    });
  });

  it('sends a string as it is, under the type that the caller names', async () => {
    const data = await send({
      method: 'POST',
      url: `${targetUrl}/echo`,
      body: '<a/>',
      headers: { 'content-type': 'application/xml' },
    });
    expect(JSON.parse(String(data['body']))).toMatchObject({ type: 'application/xml', body: '<a/>' });
  });

  it('leaves the type of a JSON body to the caller who names one', async () => {
    const headers = { 'CONTENT-TYPE': 'application/vnd.api+json' };
    const data = await send({ method: 'POST', url: `${targetUrl}/echo`, body: [1], headers });
    expect(JSON.parse(String(data['body']))).toMatchObject({ type: 'application/vnd.api+json', body: '[1]' });
  });

  it('lets nobody say how deep his work is, and a caller choose his own idempotency key', async () => {
    const headers = { 'x-signalbox-DEPTH': '1.x', 'idempotency-KEY': 'mine' };
    const data = await send({ url: `${targetUrl}/echo`, headers });
    expect(JSON.parse(String(data['body']))).toMatchObject({ ours: ['idempotency-key'] });
  });

  it('succeeds with whatever status the other system gives', async () => {
    expect(await send({ url: `${targetUrl}/missing` })).toMatchObject({ status: 404, body: 'not here' });
  });

  it('never follows a redirect', async () => {
    hits = 0;
    const data = await send({ url: `${targetUrl}/moved` });
    expect(data).toMatchObject({ status: 302, headers: { location: `${targetUrl}/echo` } });
    expect(hits).toBe(1);
  });

  it('gives a body that is no text in Base64', async () => {
    expect(await send({ url: `${targetUrl}/binary` })).toMatchObject({ body: null, bodyBase64: '//4A' });
  });

  it('keeps 64 KiB of a longer body and says so', async () => {
    const data = await send({ url: `${targetUrl}/large` });
    expect(data['bodyTruncated']).toBe(true);
    expect(data['body']).toBe('x'.repeat(65_536));
  });

  it('answers 504 when the other system takes longer than timeoutMs', async () => {
    const answered = await cast.signalbox.command(type, {
      method: 'GET',
      url: `${targetUrl}/silent`,
      timeoutMs: 100,
    });
    expect(answered.status).toBe(504);
    expect(answered.body).toStrictEqual({
      success: false,
      data: null,
      message: 'HTTP request failed',
      errors: [expect.any(String)],
      code: 'http-request.timeout',
    });
  });

  it('answers 503 with Retry-After when the other system is away', async () => {
    const port = await freePort();
    const answered = await cast.signalbox.command(type, { method: 'GET', url: `http://127.0.0.1:${port}/` });
    expect(answered.status).toBe(503);
    expect(answered.body).toMatchObject({ success: false, data: null, message: 'HTTP request failed' });
    expect(answered.headers.get('retry-after')).toMatch(/^\d+$/);
  });

  it.each(['http://10.0.0.1/', 'http://[::1]/', 'http://169.254.169.254/latest', 'http://127.0.0.2:1/'])(
    'refuses the special address %s with 400 and the setting that would allow it',
    async (url) => {
      const answered = await cast.signalbox.command(type, { method: 'GET', url });
      expect(answered.status).toBe(400);
      expect(answered.body).toMatchObject({
        success: false,
        data: null,
        message: 'HTTP request failed',
        errors: [expect.stringContaining('OUTBOUND_ALLOWED_NETWORKS')],
        code: 'http-request.refused',
      });
    },
  );

  it.each([
    ['/relative', 'The URL cannot be read; it must be absolute.'],
    ['ftp://example.com/', 'The URL must begin with http or https.'],
    ['data:text/plain,x', 'The URL must begin with http or https.'],
  ])('refuses the URL %s', async (url, sentence) => {
    const answered = await cast.signalbox.command(type, { method: 'GET', url });
    expect(answered.status).toBe(400);
    expect(answered.body.errors).toStrictEqual([sentence]);
  });

  it('may be given by a designer', async () => {
    const answered = await cast.signalbox.command(type, attempt.fields(), cast.as.designer);
    expect(answered.status).toBe(200);
  });

  it('is not sent when it is refused', async () => {
    hits = 0;
    await cast.signalbox.command(type, attempt.fields(), cast.as.viewer);
    await cast.signalbox.command(type, attempt.fields(), {});
    await cast.signalbox.command(type, { ...attempt.fields(), surprise: 1 });
    expect(hits).toBe(0);
  });

  it('audits what was sent to whom, credentials masked', async () => {
    const url = `${targetUrl}/echo`;
    const headers = { Authorization: 'Bearer sk-secret', 'X-Api-Key': 'sk-secret', 'X-Shop': 'north' };
    const body = { name: 'Ada', password: 'sk-secret', nested: [{ client_secret: 'sk-secret' }] };
    const answered = await cast.signalbox.command(
      type,
      { method: 'POST', url, headers, body },
      cast.as.designer,
    );
    expect(await auditRowOf(cast.signalbox, answered)).toMatchObject({
      caller_id: cast.idOf.designer,
      command: type,
      outcome: 'succeeded',
      input: {
        method: 'POST',
        url,
        headers: { Authorization: '[masked]', 'X-Api-Key': '[masked]', 'X-Shop': 'north' },
        body: { name: 'Ada', password: '[masked]', nested: [{ client_secret: '[masked]' }] },
      },
      before: null,
      after: null,
    });
  });

  it.each(['/echo?api_key=sk-secret-value', '/echo?x=1&access_token=sk-secret-value'])(
    'audits the URL %s without its credential',
    async (path) => {
      const answered = await cast.signalbox.command(type, { method: 'GET', url: targetUrl + path });
      expect(JSON.stringify(await auditRowOf(cast.signalbox, answered))).not.toContain('sk-secret-value');
    },
  );

  it('audits an attempt that failed with its reason', async () => {
    const answered = await cast.signalbox.command(type, { method: 'GET', url: 'http://10.0.0.1/' });
    expect(await auditRowOf(cast.signalbox, answered)).toMatchObject({ outcome: 'http-request.refused' });
  });

  refusesStrangers(attempt);
  refusesRoles(['viewer', 'operator'], 'http:send', attempt);
  refusesInput(attempt, [
    [{ method: undefined, url: undefined }, ['Method is required', 'Url is required']],
    [{ method: 'get' }, ['Method must be one of GET, HEAD, POST, PUT, PATCH, DELETE']],
    [{ method: 'CONNECT' }, ['Method must be one of GET, HEAD, POST, PUT, PATCH, DELETE']],
    [{ url: '' }, ['Url is required']],
    [{ url: 5 }, ['Url must be a string']],
    [{ headers: ['a'] }, ['Headers must be an object']],
    [{ headers: { a: 1 } }, ['Headers.a must be a string']],
    [{ body: 5 }, ['Body must be a string, an object or an array']],
    [{ timeoutMs: 0 }, ['TimeoutMs must be at least 1']],
    [{ timeoutMs: 60_001 }, ['TimeoutMs must be at most 60000']],
    [{ timeout: 5 }, ['Unknown field "timeout"']],
  ]);

  it.each([{ 'bad name': 'x' }, { '': 'x' }, { 'X-Split': 'a\r\nX-Injected: 1' }])(
    'refuses the headers %o as no HTTP headers, with a sentence',
    async (headers) => {
      hits = 0;
      const answered = await cast.signalbox.command(type, { ...attempt.fields(), headers });
      expect(answered.status).toBe(400);
      expect(answered.body.errors).toStrictEqual([expect.stringMatching(/^(?=.*header)[A-Z].* .*/i)]);
      expect(hits).toBe(0);
    },
  );
});
