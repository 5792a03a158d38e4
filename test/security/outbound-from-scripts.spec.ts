import { createServer as createHttpServer, type RequestListener, type Server as HttpServer } from 'node:http';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { dataOf, sendRequest } from '../flows/send-request.ts';
import { Signalbox } from '../support/signalbox.ts';

interface SendEnvelope {
  success: boolean;
  message: string;
  errors?: string[];
  code?: string;
  data: { status: number; headers: Record<string, string>; body: string; bodyTruncated: boolean } | null;
}

/** Nobody may come here: they count who does. */
const canaries: Server[] = [];
let canaryPort = 0;
let visitors = 0;

beforeAll(async () => {
  await watch('127.0.0.1');
  // Where there is no IPv6, nobody can come that way.
  await watch('::1').catch(() => undefined);
});

afterAll(() => {
  for (const canary of canaries) canary.close();
});

afterEach(expectNobodyCame);

const SEND = `return doCmd('SendHttpRequestCommand', context.body);`;

async function start(env: Record<string, string> = {}): Promise<Signalbox> {
  const signalbox = await Signalbox.start({ env });
  await signalbox.createConfig('script', { executionCode: SEND });
  await signalbox.createConfig('native', { executionType: 0, commandName: 'SendHttpRequestCommand' });
  return signalbox;
}

async function sendFrom(signalbox: Signalbox, fields: object): Promise<SendEnvelope> {
  const answer = await sendRequest(signalbox.url, {
    path: '/api/webhooks/dynamic/script',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ method: 'GET', timeoutMs: 5000, ...fields }),
  });
  return dataOf<SendEnvelope>(answer);
}

const refusal = {
  success: false,
  data: null,
  message: 'HTTP request failed',
  errors: [expect.stringMatching(/^The (destination|URL|header) .+\.$/)],
  code: 'http-request.refused',
};

describe('where the operator allows no private network, a script', () => {
  let signalbox: Signalbox;

  beforeAll(async () => {
    signalbox = await start();
  });
  afterAll(() => signalbox.stop());

  it.each([
    'http://127.0.0.1:PORT/',
    'http://127.0.0.1.:PORT/',
    'http://127.1:PORT/',
    'http://127.255.255.254:PORT/',
    'http://2130706433:PORT/',
    'http://0x7f.1:PORT/',
    'http://0177.0.0.1:PORT/',
    'http://017700000001:PORT/',
    'http://0:PORT/',
    'http://0.0.0.0:PORT/',
    'http://%31%32%37.0.0.1:PORT/',
    'http://１２７.０.０.１:PORT/',
    'http://①②⑦.⓪.⓪.①:PORT/',
    'http://127。0。0。1:PORT/',
    'http://localhost:PORT/',
    'http://LOCALHOST:PORT/',
    'http://localhost.:PORT/',
    'http://a.localhost:PORT/',
    'http://ｌocalhost:PORT/',
    'http://[::1]:PORT/',
    'http://[::]:PORT/',
    'http://[::ffff:127.0.0.1]:PORT/',
    'http://[::ffff:7f00:1]:PORT/',
    'http://[::127.0.0.1]:PORT/',
    'http://[64:ff9b::7f00:1]:PORT/',
    'http://[2002:7f00:1::]:PORT/',
    'https://127.0.0.1:PORT/',
    'HTTP://127.0.0.1:PORT',
    'http:127.0.0.1:PORT/',
    'http:\\\\127.0.0.1:PORT\\',
    'http://169.254.169.254/latest/meta-data/',
    'http://[fd00:ec2::254]/latest/meta-data/',
    'http://0xa9fea9fe/',
    'http://2852039166/',
    'http://[::ffff:169.254.169.254]/',
    'http://168.63.129.16/',
    'http://100.100.100.200/',
    'http://10.0.0.1/',
    'http://192.168.0.1/',
    'http://100.64.0.1/',
    'http://[fe80::1]/',
  ])('cannot reach %s', async (url) => {
    expect(await sendFrom(signalbox, { url: withPort(url) })).toEqual(refusal);
  });

  it.each([
    'file:///etc/passwd',
    'data:text/plain,hello',
    'gopher://127.0.0.1:PORT/_x',
    'ftp://127.0.0.1:PORT/',
    'ws://127.0.0.1:PORT/',
    'unix:/var/run/docker.sock',
    'javascript:1',
    '//127.0.0.1:PORT/',
    '/etc/passwd',
    'http://user:pass@127.0.0.1:PORT/',
    'http://example.com@127.0.0.1:PORT/',
    'http://example.com:80@127.0.0.1:PORT/',
    'http://127.0.0.1:PORT\\@example.com/',
    ' http://127.0.0.1:PORT/',
    'http://127.0.0.1:PORT/\r\nX-Injected: 1',
    'http://127.0.0.1:PORT/\0',
    'http://127.0.0.1\t:PORT/',
    'ht\ntp://127.0.0.1:PORT/',
    'http://127.0.0.1:0/',
    'http://127.0.0.1:65536/',
    'http://[::1%25lo]:PORT/',
  ])('cannot call %j', async (url) => {
    expect(await sendFrom(signalbox, { url: withPort(url) })).toEqual(refusal);
  });

  it.each([
    [{ url: ['http://127.0.0.1/'] }],
    [{ url: 'http://127.0.0.1/', method: 'CONNECT' }],
    [{ url: 'http://127.0.0.1/', method: 'TRACE' }],
    [{ url: 'http://127.0.0.1/', method: 'get' }],
    [{ url: 'http://127.0.0.1/', method: 'GET / HTTP/1.1\r\nX: ' }],
    [{ url: 'http://127.0.0.1/', proxy: { host: '127.0.0.1' } }],
    [{ url: 'http://127.0.0.1/', baseURL: 'http://127.0.0.1/' }],
    [{ url: 'http://127.0.0.1/', socketPath: '/var/run/docker.sock' }],
    [{ url: 'http://127.0.0.1/', maxRedirects: 5 }],
    [{ url: 'http://127.0.0.1/', headers: [] }],
    [{ url: 'http://127.0.0.1/', headers: { a: ['b'] } }],
    [{ url: 'http://127.0.0.1/', timeoutMs: 1e9 }],
  ])('cannot smuggle options of the client in: %j', async (fields) => {
    expect(await sendFrom(signalbox, fields)).toMatchObject({ success: false, message: 'Validation failed' });
  });

  it('gets the same refusal in a native command, as a 400', async () => {
    const answer = await signalbox.call('native', { method: 'GET', url: withPort('http://127.1:PORT/') });
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ code: 'http-request.refused', errors: refusal.errors });
  });

  it('cannot find out by the answer whether somebody listens', async () => {
    const [open, closed] = [withPort('http://127.0.0.1:PORT/'), 'http://127.0.0.1:1/'];
    expect(await sendFrom(signalbox, { url: open })).toEqual(await sendFrom(signalbox, { url: closed }));
  });
});

describe('where the operator allows loopback, a script', () => {
  let signalbox: Signalbox;
  let partner: HttpServer;
  let partnerUrl: string;
  let answerWith: RequestListener;
  let calls: string[][] = [];

  beforeAll(async () => {
    const proxy = withPort('http://127.0.0.1:PORT');
    const proxies = { HTTP_PROXY: proxy, http_proxy: proxy, HTTPS_PROXY: proxy, ALL_PROXY: proxy };
    signalbox = await start({ OUTBOUND_ALLOWED_NETWORKS: '127.0.0.1', ...proxies });
    partner = createHttpServer((request, response) => {
      calls.push(request.rawHeaders);
      answerWith(request, response);
    });
    await new Promise<void>((resolve) => partner.listen(0, '127.0.0.1', resolve));
    partnerUrl = `http://127.0.0.1:${(partner.address() as AddressInfo).port}/`;
  });

  afterAll(async () => {
    partner.closeAllConnections();
    partner.close();
    await signalbox.stop();
  });

  it('goes there directly, whatever proxy the environment names', async () => {
    answerWith = (_request, response) => response.end('direct');
    expect(await sendFrom(signalbox, { url: partnerUrl })).toMatchObject({
      data: { status: 200, body: 'direct' },
    });
  });

  it.each([301, 302, 303, 307, 308])('is not led on by a redirect (%i) but sees it', async (status) => {
    const location = withPort('http://127.0.0.1:PORT/secret');
    answerWith = (_request, response) => response.writeHead(status, { Location: location }).end();
    const { data } = await sendFrom(signalbox, { url: partnerUrl });
    expect(data).toMatchObject({ status, headers: { location } });
  });

  it.each([
    'http://127.0.0.2:PORT/',
    'http://[::1]:PORT/',
    'http://0.0.0.0:PORT/',
    'http://10.0.0.1/',
    'http://169.254.169.254/',
  ])('still cannot reach %s', async (url) =>
    expect(await sendFrom(signalbox, { url: withPort(url) })).toEqual(refusal),
  );

  it.each([
    ['X-A', 'b\r\nX-Injected: 1'],
    ['X-A', 'b\nX-Injected: 1'],
    ['X-A', 'b\0'],
    ['X-A', '€'],
    ['X-A: b\r\nX-Injected', '1'],
    ['X A', 'b'],
    ['Host', 'internal'],
    ['hOST', 'internal'],
    ['Content-Length', '0'],
    ['Transfer-Encoding', 'chunked'],
    ['Connection', 'upgrade'],
    ['Upgrade', 'h2c'],
    ['Expect', '100-continue'],
    ['TE', 'trailers'],
    ['Proxy-Authorization', 'Basic x'],
  ])('cannot set the header %j to %j', async (name, value) => {
    calls = [];
    expect(await sendFrom(signalbox, { url: partnerUrl, headers: { [name]: value } })).toEqual(refusal);
    expect(calls).toEqual([]);
  });

  it('cannot send one header twice under two spellings', async () => {
    const headers = { 'X-A': '1', 'x-a': '2' };
    expect(await sendFrom(signalbox, { url: partnerUrl, headers })).toEqual(refusal);
  });

  it('sends none of the credentials that came with the webhook, nor ours', async () => {
    calls = [];
    answerWith = (_request, response) => response.end();
    const body = JSON.stringify({ method: 'GET', url: partnerUrl });
    const headers = {
      'Content-Type': 'application/json',
      Authorization: 'Bearer mine',
      Cookie: 'a=1',
      'X-API-Key': signalbox.apiKey,
    };
    dataOf(await sendRequest(signalbox.url, { path: '/api/webhooks/dynamic/script', headers, body }));
    const names = calls[0]!.filter((_, at) => at % 2 === 0).map((name) => name.toLowerCase());
    for (const name of ['authorization', 'cookie', 'x-api-key', 'x-forwarded-for'])
      expect(names).not.toContain(name);
  });

  it('gets at most 64 KiB of an answer without end', async () => {
    answerWith = (_request, response) => {
      const more = (): void => {
        while (!response.destroyed && response.write('x'.repeat(16_384)));
      };
      response.on('drain', more);
      more();
    };
    const { data } = await sendFrom(signalbox, { url: partnerUrl });
    expect([data?.body.length, data?.bodyTruncated]).toEqual([65_536, true]);
  });

  it('waits no longer than it said for an answer that never comes', async () => {
    answerWith = () => undefined;
    const envelope = await sendFrom(signalbox, { url: partnerUrl, timeoutMs: 100 });
    expect(envelope).toMatchObject({ success: false, code: 'http-request.timeout' });
    const native = await signalbox.call('native', { method: 'GET', url: partnerUrl, timeoutMs: 100 });
    expect(native.status).toBe(504);
  });
});

function expectNobodyCame(): void {
  expect(visitors).toBe(0);
}

function watch(address: string): Promise<void> {
  const canary = createServer((socket) => {
    visitors += 1;
    socket.destroy();
  });
  return new Promise((resolve, reject) => {
    canary.once('error', reject).listen(canaryPort, address, () => {
      canaryPort = (canary.address() as AddressInfo).port;
      canaries.push(canary);
      resolve();
    });
  });
}

function withPort(url: string): string {
  return url.replace('PORT', String(canaryPort));
}
