import { createServer, type RequestListener } from 'node:http';
import { type AddressInfo, createServer as createNetServer, type Server, type Socket } from 'node:net';
import { PassThrough } from 'node:stream';
import { brotliCompressSync, constants, createGzip, deflateSync, gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { parseAddressRules } from './network-addresses.ts';
import { OutboundHttp, type OutboundRequest, type OutboundResult } from './outbound-http.ts';

const parsed = parseAddressRules('127.0.0.0/8');
if ('errors' in parsed) throw new Error(parsed.errors.join(' '));
const neverAnswers = () => new Promise<never>(() => undefined);
const http = new OutboundHttp({ allowedNetworks: parsed.rules, lookup: neverAnswers });

const opened: (() => unknown)[] = [];
afterEach(() => {
  for (const close of opened.splice(0)) close();
});

async function urlOf(server: Server): Promise<string> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => sockets.add(socket));
  opened.push(
    () => server.close(),
    () => sockets.forEach((socket) => socket.destroy()),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

function serve(answer: RequestListener): Promise<string> {
  return urlOf(createServer(answer));
}

/** A server that sends these bytes to whoever says anything, HTTP or not. */
function serveRaw(...lines: string[]): Promise<string> {
  return urlOf(
    createNetServer((socket) =>
      socket.on('error', () => undefined).once('data', () => socket.end(lines.join('\r\n'))),
    ),
  );
}

function call(url: string, request: Partial<OutboundRequest> = {}): Promise<OutboundResult> {
  return http.send({ method: 'GET', url, timeoutMs: 5_000, ...request });
}

async function bodyOf(result: Promise<OutboundResult>): Promise<{ text: string; bodyTruncated: boolean }> {
  const settled = await result;
  if (settled.kind !== 'response') throw new Error(JSON.stringify(settled));
  return { text: settled.body.toString(), bodyTruncated: settled.bodyTruncated };
}

/** Idle timers never run out on what drips; only a deadline over the whole ends it. */
async function expectTimeout(url: string, request: Partial<OutboundRequest> = {}): Promise<void> {
  const startedAt = performance.now();
  expect(await call(url, { timeoutMs: 100, ...request })).toEqual({
    kind: 'failed',
    reason: 'timeout',
    message: 'The exchange took longer than its time limit.',
  });
  expect(performance.now() - startedAt).toBeLessThan(4_500);
}

describe('the time limit', () => {
  it('ends a name that is never resolved', () => expectTimeout('http://name.test/'));

  it('ends a receiver that never answers, and closes the connection', async () => {
    let isClosed = false;
    const url = await serve((request) => void request.socket.on('close', () => (isClosed = true)));
    await expectTimeout(url);
    await vi.waitFor(() => expect(isClosed).toBe(true), { timeout: 10_000 });
  });

  it('ends headers that drip', async () => {
    const url = await urlOf(
      createNetServer((socket) => {
        socket.write('HTTP/1.1 200 OK\r\n');
        const timer = setInterval(() => socket.write('X-A: b\r\n'), 20);
        socket.on('error', () => undefined).on('close', () => clearInterval(timer));
      }),
    );
    await expectTimeout(url);
  });

  it.each(['identity', 'gzip'])(
    'ends a body that drips, and closes the connection (%s)',
    async (encoding) => {
      let isClosed = false;
      const url = await serve((_request, response) => {
        response.on('close', () => (isClosed = true)).setHeader('Content-Encoding', encoding);
        const body = encoding === 'gzip' ? createGzip({ flush: constants.Z_SYNC_FLUSH }) : new PassThrough();
        body.pipe(response);
        const timer = setInterval(() => body.write('x'), 20);
        response.on('close', () => clearInterval(timer));
      });
      await expectTimeout(url);
      await vi.waitFor(() => expect(isClosed).toBe(true), { timeout: 10_000 });
    },
  );

  it('ends a receiver that takes no body', async () => {
    const url = await urlOf(createNetServer((socket) => socket.on('error', () => undefined).pause()));
    await expectTimeout(url, { method: 'POST', body: Buffer.alloc(32 * 1024 * 1024) });
  });

  it('holds when it is longer than a timer can be', async () => {
    const url = await serve((_request, response) => response.end('ok'));
    expect(await bodyOf(call(url, { timeoutMs: Number.MAX_SAFE_INTEGER }))).toMatchObject({ text: 'ok' });
  });

  it('and a caller who gives up, before or during the call, end it as aborted', async () => {
    const giveUp = new AbortController();
    const url = await serve(() => giveUp.abort());
    expect(await call(url, { signal: giveUp.signal })).toMatchObject({ kind: 'failed', reason: 'aborted' });
    expect(await call(url, { signal: AbortSignal.abort() })).toMatchObject({
      kind: 'failed',
      reason: 'aborted',
    });
  });
});

describe('the body of a response', () => {
  it('is kept up to the limit, and the connection is closed instead of reading on', async () => {
    let isClosed = false;
    const url = await serve((_request, response) => {
      const more = () => {
        while (!response.destroyed && response.write('x'.repeat(16_384)));
      };
      response.on('drain', more).on('close', () => (isClosed = true));
      more();
    });
    const result = await bodyOf(call(url));
    expect(result).toEqual({ text: 'x'.repeat(65_536), bodyTruncated: true });
    await vi.waitFor(() => expect(isClosed).toBe(true), { timeout: 10_000 });
  });

  it.each([
    [9, 'ten bytes', true],
    [10, 'ten bytes!', false],
    [11, 'ten bytes!', false],
    [0, '', true],
  ])('with a limit of %i is %j, truncated: %s', async (responseBytesMax, text, bodyTruncated) => {
    const url = await serve((_request, response) => response.end('ten bytes!'));
    expect(await bodyOf(call(url, { responseBytesMax }))).toEqual({ text, bodyTruncated });
  });

  it.each([
    ['gzip', gzipSync],
    ['x-gzip', gzipSync],
    ['GZIP', gzipSync],
    ['deflate', deflateSync],
  ])('is decompressed from %s, and the headers no longer say otherwise', async (encoding, compress) => {
    const url = await serve((_request, response) =>
      response.setHeader('Content-Encoding', encoding).end(compress('hello')),
    );
    const result = await call(url);
    expect(result).toMatchObject({ kind: 'response', body: Buffer.from('hello'), bodyTruncated: false });
    expect(Object.keys(result.kind === 'response' ? result.headers : {})).not.toContain('content-encoding');
  });

  it('compressed in a way we did not ask for is kept as it came, with its header', async () => {
    const body = brotliCompressSync('hello');
    const url = await serve((_request, response) => response.setHeader('Content-Encoding', 'br').end(body));
    expect(await call(url)).toMatchObject({ headers: { 'content-encoding': 'br' }, body });
  });

  it('is measured after decompression, so that 64 MiB of zeros in 64 KiB harm nobody', async () => {
    const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024));
    const url = await serve((_request, response) => response.setHeader('Content-Encoding', 'gzip').end(bomb));
    const before = process.memoryUsage().arrayBuffers;
    expect(await bodyOf(call(url, { responseBytesMax: 1_000 }))).toEqual({
      text: '\0'.repeat(1_000),
      bodyTruncated: true,
    });
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(8 * 1024 * 1024);
  });

  it('that is empty or ends early though it claims compression gives what it has', async () => {
    const empty = await serve((_request, response) => response.setHeader('Content-Encoding', 'gzip').end());
    expect(await bodyOf(call(empty))).toEqual({ text: '', bodyTruncated: false });
    expect(await bodyOf(call(empty, { method: 'HEAD' }))).toEqual({ text: '', bodyTruncated: false });
    const early = gzipSync('hello').subarray(0, -8);
    const url = await serve((_request, response) =>
      response.setHeader('Content-Encoding', 'gzip').end(early),
    );
    expect(await bodyOf(call(url))).toEqual({ text: 'hello', bodyTruncated: false });
  });

  it('ends where its compressed data ends, and what a server adds to it is not waited for', async () => {
    let isClosed = false;
    const url = await serve((_request, response) => {
      response.on('close', () => (isClosed = true)).setHeader('Content-Encoding', 'gzip');
      response.write(Buffer.concat([gzipSync('hello'), Buffer.from('\0junk')]));
    });
    expect(await bodyOf(call(url))).toEqual({ text: 'hello', bodyTruncated: false });
    await vi.waitFor(() => expect(isClosed).toBe(true), { timeout: 10_000 });
  });

  it('that is no gzip though it claims so is a failure', async () => {
    const url = await serve((_request, response) =>
      response.setHeader('Content-Encoding', 'gzip').end('plain text'),
    );
    expect(await call(url)).toMatchObject({ kind: 'failed', reason: 'encoding' });
  });

  it('that ends before its announced length is a failure', async () => {
    const url = await serveRaw('HTTP/1.1 200 OK', 'Content-Length: 100', '', 'short');
    expect(await call(url)).toMatchObject({ kind: 'failed', reason: 'connection' });
  });
});

describe('a response', () => {
  it.each([200, 204, 304, 400, 404, 500, 503])(
    'with status %i is a response, never thrown',
    async (status) => {
      const url = await serve((_request, response) => response.writeHead(status).end());
      expect(await call(url)).toMatchObject({ kind: 'response', status, durationMs: expect.any(Number) });
    },
  );

  it('has lower-case header names, and several cookies stay apart', async () => {
    const url = await serveRaw(
      'HTTP/1.1 200 OK',
      'X-UPPER: a',
      'x-upper: b',
      'Set-Cookie: a=1',
      'Set-Cookie: b=2',
      '',
      '',
    );
    expect(await call(url)).toMatchObject({ headers: { 'x-upper': 'a, b', 'set-cookie': ['a=1', 'b=2'] } });
  });

  it.each([
    ['is not HTTP', ['SSH-2.0-OpenSSH_9.6', '']],
    ['has more than 16 KiB of headers', ['HTTP/1.1 200 OK', `X-Huge: ${'x'.repeat(20_000)}`, '', '']],
    [
      'has both lengths',
      ['HTTP/1.1 200 OK', 'Content-Length: 1', 'Transfer-Encoding: chunked', '', '1', 'a', '0', '', ''],
    ],
  ])('that %s is a failure', async (_what, lines) => {
    expect(await call(await serveRaw(...lines))).toMatchObject({ kind: 'failed', reason: 'protocol' });
  });

  it('that wants to leave HTTP (101) is a failure', async () => {
    const url = await serveRaw(
      'HTTP/1.1 101 Switching Protocols',
      'Connection: Upgrade',
      'Upgrade: websocket',
      '',
      '',
    );
    expect(await call(url)).toMatchObject({ kind: 'failed', reason: 'protocol' });
  });

  it('that never comes because nobody listens, or the other side hangs up, is a failure', async () => {
    const server = createNetServer();
    const url = await urlOf(server);
    await new Promise((resolve) => server.close(resolve));
    expect(await call(url)).toEqual({
      kind: 'failed',
      reason: 'connection',
      message: 'The connection failed (ECONNREFUSED).',
    });
    const hangsUp = await urlOf(createNetServer((socket) => socket.on('error', () => undefined).destroy()));
    expect(await call(hangsUp)).toMatchObject({ kind: 'failed', reason: 'connection' });
  });

  it('to TLS spoken at a plain port is a TLS failure', async () => {
    const url = await serve((_request, response) => response.end());
    expect(await call(url.replace('http:', 'https:'))).toMatchObject({ kind: 'failed', reason: 'tls' });
  });
});
