import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import { type AddressInfo, type Server, Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { createServer as createTlsServer } from 'node:tls';
import { selfSigned } from '../../test/support/self-signed.ts';
import { promisify } from 'node:util';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { parseAddressRules } from './network-addresses.ts';
import { type HostLookup, OutboundHttp, type OutboundRequest, type OutboundResult } from './outbound-http.ts';

const opened: { close(): unknown }[] = [];

afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
  for (const each of opened.splice(0)) each.close();
});

async function portOf(server: Server): Promise<number> {
  opened.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

function serve(answer: RequestListener): Promise<number> {
  return portOf(createServer(answer));
}

/** A client that may call 127.0.0.1 and 127.0.0.3, and whose names have the given records, one list for each lookup. */
function outboundWith(...answers: (string[] | Error)[]): { http: OutboundHttp; lookups: string[] } {
  const parsed = parseAddressRules('127.0.0.1, 127.0.0.3');
  if ('errors' in parsed) throw new Error(parsed.errors.join(' '));
  const lookups: string[] = [];
  const lookup: HostLookup = (host) => {
    lookups.push(host);
    const answer = answers.shift() ?? [];
    if (answer instanceof Error) return Promise.reject(answer);
    return Promise.resolve(answer.map((address) => ({ address })));
  };
  const http = new OutboundHttp({ allowedNetworks: parsed.rules, lookup });
  opened.push(http);
  return { http, lookups };
}

function call(http: OutboundHttp, request: Partial<OutboundRequest>): Promise<OutboundResult> {
  return http.send({ method: 'GET', url: 'http://name.test/', timeoutMs: 5_000, ...request });
}

/** A guard that fails must fail here, not call a stranger. */
function forbidConnecting() {
  return vi.spyOn(Socket.prototype, 'connect').mockImplementation(() => {
    throw new Error('This test may not connect.');
  });
}

function textOf(result: OutboundResult): string {
  return result.kind === 'response' ? result.body.toString() : JSON.stringify(result);
}

/** A server that answers with the request it saw: line, raw headers, body. */
function mirror(): Promise<number> {
  return serve(async (request, response) => {
    const body = await text(request);
    response.end(
      JSON.stringify({ line: `${request.method} ${request.url}`, headers: request.rawHeaders, body }),
    );
  });
}

describe('what a name resolves to', () => {
  it('is asked once, and the checked address is the one connected to (DNS rebinding)', async () => {
    const port = await serve((request, response) => response.end(request.socket.localAddress));
    const { http, lookups } = outboundWith(['127.0.0.1'], ['127.0.0.2']);
    expect(textOf(await call(http, { url: `http://name.test:${port}/` }))).toBe('127.0.0.1');
    expect(lookups).toEqual(['name.test']);
  });

  it('is asked again for each call, and a kept connection serves only the same checked addresses', async () => {
    const port = await serve((request, response) => response.end(String(request.socket.remotePort)));
    const url = `http://name.test:${port}/`;
    const { http } = outboundWith(
      ['127.0.0.1'],
      ['127.0.0.1'],
      ['127.0.0.1', '127.0.0.3'],
      ['10.0.0.1'],
      ['127.0.0.1'],
    );
    const first = textOf(await call(http, { url }));
    expect(textOf(await call(http, { url }))).toBe(first);
    const other = textOf(await call(http, { url }));
    expect(other).toMatch(/^\d+$/);
    expect(other).not.toBe(first);
    expect(await call(http, { url })).toMatchObject({ kind: 'refused' });
    expect(textOf(await call(http, { url }))).toBe(first);
  });

  it.each([
    [['10.0.0.5']],
    [['127.0.0.2']],
    [['127.0.0.1', '10.0.0.5']],
    [['93.184.216.34', '10.0.0.5']],
    [['93.184.216.34', '::1']],
    [['2606:4700::1111', '64:ff9b::a9fe:a9fe']],
    [['93.184.216.34', '::ffff:10.0.0.5']],
    [['93.184.216.34', 'fe80::1%eth0']],
    [['93.184.216.34', '']],
    [['169.254.169.254']],
  ])('is refused whole when a record is not permitted: %j', async (records) => {
    const connect = forbidConnecting();
    const { http } = outboundWith(records);
    const result = await call(http, {});
    expect(connect).not.toHaveBeenCalled();
    expect(result).toMatchObject({ kind: 'refused' });
    expect(JSON.stringify(result)).toContain('resolves to a special-purpose address');
    for (const record of records.filter(Boolean)) expect(JSON.stringify(result)).not.toContain(record);
  });

  it('is also what localhost resolves to, though its name may be saved', async () => {
    forbidConnecting();
    const { http } = outboundWith(['127.0.0.1', '::1']);
    expect(http.judgeUrl('http://localhost/')).toBeNull();
    expect(await call(http, { url: 'http://localhost/' })).toMatchObject({ kind: 'refused' });
  });

  it('is a DNS failure when there is nothing, or the lookup fails', async () => {
    expect(await call(outboundWith([]).http, {})).toMatchObject({ kind: 'failed', reason: 'dns' });
    const notFound = Object.assign(new Error('getaddrinfo ENOTFOUND'), { code: 'ENOTFOUND' });
    expect(await call(outboundWith(notFound).http, {})).toEqual({
      kind: 'failed',
      reason: 'dns',
      message: 'The name could not be resolved (ENOTFOUND).',
    });
  });

  it('is shared by calls that wait for it at the same time', async () => {
    const port = await serve((_request, response) => response.end('ok'));
    const { http, lookups } = outboundWith(['127.0.0.1']);
    const calls = Array.from({ length: 5 }, () => call(http, { url: `http://name.test:${port}/` }));
    expect((await Promise.all(calls)).map(textOf)).toEqual(Array(5).fill('ok'));
    expect(lookups).toEqual(['name.test']);
  });
});

describe('a call', () => {
  it('sends the bytes of the body untouched, and only the headers it was given besides our own', async () => {
    const port = await mirror();
    const url = `http://127.0.0.1:${port}/a%20b?c=d&e#f`;
    const headers = { 'Content-Type': 'application/json', get: '1', common: '2', 'X-Latin': '\u00e4' };
    const seen = JSON.parse(
      textOf(await call(outboundWith().http, { method: 'PUT', url, headers, body: ' {"a" : 1} ' })),
    );
    expect(seen).toEqual({
      line: 'PUT /a%20b?c=d&e',
      headers: [
        ...Object.entries(headers),
        ...Object.entries({ 'User-Agent': 'Signalbox', Accept: '*/*', 'Accept-Encoding': 'gzip, deflate' }),
        ...Object.entries({ 'Content-Length': '11', Host: `127.0.0.1:${port}`, Connection: 'keep-alive' }),
      ].flat(),
      body: ' {"a" : 1} ',
    });
  });

  it('may name its own User-Agent, and sends an empty body as such', async () => {
    const port = await mirror();
    const request = {
      method: 'POST',
      url: `http://127.0.0.1:${port}/`,
      headers: { 'user-agent': 'Mine' },
    } as const;
    const seen = JSON.parse(textOf(await call(outboundWith().http, request))) as {
      headers: string[];
      body: string;
    };
    expect(seen.headers.filter((each) => /^(user-agent|mine|signalbox)$/i.test(each))).toEqual([
      'user-agent',
      'Mine',
    ]);
    expect(seen.headers.slice(-2)).toEqual(['Content-Length', '0']);
    expect(seen.body).toBe('');
  });

  it.each(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'] as const)('can be a %s', async (method) => {
    const port = await serve((request, response) =>
      response.setHeader('X-Seen', String(request.method)).end('body'),
    );
    const result = await call(outboundWith().http, { method, url: `http://127.0.0.1:${port}/` });
    expect(result).toMatchObject({ status: 200, headers: { 'x-seen': method }, bodyTruncated: false });
    expect(textOf(result)).toBe(method === 'HEAD' ? '' : 'body');
  });

  it.each([301, 302, 303, 307, 308])('gets a %i as its answer, and nobody follows it', async (status) => {
    const paths: (string | undefined)[] = [];
    const port = await serve((request, response) => {
      paths.push(request.url);
      response.writeHead(status, { Location: `http://127.0.0.1:${port}/private` }).end();
    });
    const result = await call(outboundWith().http, { url: `http://127.0.0.1:${port}/` });
    expect(result).toMatchObject({
      kind: 'response',
      status,
      headers: { location: `http://127.0.0.1:${port}/private` },
    });
    expect(paths).toEqual(['/']);
  });

  it('goes through no proxy, whatever the environment says', async () => {
    const proxied: IncomingMessage[] = [];
    const proxy = createServer((request, response) => {
      proxied.push(request);
      response.end('proxied');
    }).on('connect', (request, socket) => {
      proxied.push(request);
      socket.destroy();
    });
    const proxyPort = await portOf(proxy);
    for (const name of ['HTTP_PROXY', 'http_proxy', 'HTTPS_PROXY', 'https_proxy', 'ALL_PROXY', 'all_proxy']) {
      vi.stubEnv(name, `http://127.0.0.1:${proxyPort}`);
    }
    for (const name of ['NO_PROXY', 'no_proxy']) vi.stubEnv(name, '');
    vi.stubEnv('NODE_USE_ENV_PROXY', '1');
    const port = await serve((_request, response) => response.end('direct'));
    const { http } = outboundWith(['127.0.0.1'], ['127.0.0.1']);
    expect(textOf(await call(http, { url: `http://name.test:${port}/` }))).toBe('direct');
    expect(textOf(await call(http, { url: `http://127.0.0.1:${port}/` }))).toBe('direct');
    expect(await call(http, { url: `https://name.test:${port}/` })).toMatchObject({
      kind: 'failed',
      reason: 'tls',
    });
    expect(proxied).toEqual([]);
  });

  it('over TLS names the host it means, though it connects to the checked address', async () => {
    const names: string[] = [];
    const server = createTlsServer({
      SNICallback: (name, done) => {
        names.push(name);
        done(new Error('no certificate'));
      },
    }).on('tlsClientError', () => undefined);
    const port = await portOf(server);
    const { http } = outboundWith(['127.0.0.1']);
    expect(await call(http, { url: `https://name.test:${port}/` })).toMatchObject({ kind: 'failed' });
    expect(names).toEqual(['name.test']);
  });

  it('over TLS refuses a certificate nobody vouches for, whatever the environment says', async () => {
    vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0');
    const port = await portOf(createTlsServer(selfSigned('localhost')));
    const result = await call(outboundWith().http, { url: `https://127.0.0.1:${port}/` });
    expect(result).toMatchObject({ kind: 'failed', reason: 'tls' });
  });
});

describe('closing', () => {
  it('ends what is under way, gives back kept connections and takes no further call', async () => {
    const server = createServer((request, response) => void (request.url === '/quick' && response.end()));
    const port = await portOf(server);
    const { http } = outboundWith();
    await call(http, { url: `http://127.0.0.1:${port}/quick` });
    const arrived = new Promise((resolve) => server.once('request', resolve));
    const hanging = call(http, { url: `http://127.0.0.1:${port}/hangs` });
    await arrived;
    http.close();
    expect(await hanging).toMatchObject({ kind: 'failed', reason: 'aborted' });
    expect(await call(http, { url: `http://127.0.0.1:${port}/quick` })).toMatchObject({ reason: 'aborted' });
    const connections = promisify(server.getConnections.bind(server));
    await vi.waitFor(async () => expect(await connections()).toBe(0), { timeout: 10_000 });
  });
});
