import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Signalbox } from '../support/signalbox.ts';
import { openSocket, requestText, speak, type Spoken } from './raw-socket.ts';

const COMMAND = '/api/bpm/cmd';
const SCRIPT = '/api/webhooks/dynamic/script';
const NATIVE = '/api/webhooks/dynamic/native';
const addresses = [COMMAND, SCRIPT, NATIVE];
const json = 'Content-Type: application/json';
const query = '{"$type":"GetWebHookConfigListQuery"}';

let signalbox: Signalbox;
let auth: string;

beforeAll(async () => {
  signalbox = await Signalbox.start();
  auth = `X-API-Key: ${signalbox.apiKey}`;
  await signalbox.createConfig('script');
  await signalbox.createConfig('native', { executionType: 0, commandName: 'GetWebHookConfigListQuery' });
});

afterAll(() => signalbox.stop());

afterEach(expectOthersServed);

/** After every attack the next caller must get his answer. */
async function expectOthersServed(): Promise<void> {
  expect((await signalbox.command('GetWebHookConfigListQuery')).status).toBe(200);
  expect((await signalbox.call('script', { a: 1 })).status).toBe(200);
  expect((await signalbox.call('native', {})).status).toBe(200);
}

function say(bytes: Buffer | string): Promise<Spoken> {
  return speak(signalbox.url, bytes);
}

async function latestSuccess(): Promise<unknown> {
  const filter = { status: 'succeeded', pageSize: 1 };
  const { body } = await signalbox.command('GetWebHookExecutionListQuery', filter);
  return (body.data['items'] as { id: string }[])[0]?.id;
}

/** A 4xx with a sentence and nothing after it. */
function expectRefused({ statuses, body, isClosed }: Spoken): void {
  expect(statuses).toHaveLength(1);
  expect(statuses[0]).toBeGreaterThanOrEqual(400);
  expect(statuses[0]).toBeLessThan(500);
  expect(body).toMatch(/[A-Za-z]+ [A-Za-z]+/);
  expect(isClosed).toBe(true);
}

/** What is no HTTP may also find the connection closed. */
function expectRefusedOrClosed(spoken: Spoken): void {
  expect(spoken.isClosed).toBe(true);
  if (spoken.text !== '') expectRefused(spoken);
}

describe.each(addresses)('at %s', (address) => {
  const post = (headers: string[], body = '') =>
    say(requestText(`POST ${address}`, [auth, json, ...headers], body));

  it.each([
    [
      'both Content-Length and Transfer-Encoding',
      ['Content-Length: 37', 'Transfer-Encoding: chunked'],
      `0\r\n\r\n${query}`,
    ],
    [
      'both, the other way round',
      ['Transfer-Encoding: chunked', 'Content-Length: 5'],
      `25\r\n${query}\r\n0\r\n\r\n`,
    ],
    ['two different Content-Lengths', ['Content-Length: 37', 'Content-Length: 36'], query],
    ['a negative Content-Length', ['Content-Length: -1'], query],
    ['a Content-Length with a sign', ['Content-Length: +37'], query],
    ['a Content-Length in hexadecimal', ['Content-Length: 0x25'], query],
    ['a list as Content-Length', ['Content-Length: 37, 37'], query],
    ['a Content-Length beyond all numbers', ['Content-Length: 99999999999999999999999'], query],
    ['a Content-Length beyond the limit', ['Content-Length: 1048577'], query],
    ['a Content-Length of terabytes', ['Content-Length: 9999999999999'], query],
    ['a transfer coding that does not end the body', ['Transfer-Encoding: identity'], query],
    ['chunked before another coding', ['Transfer-Encoding: chunked, gzip'], `25\r\n${query}\r\n0\r\n\r\n`],
    ['an obscured Transfer-Encoding', ['Transfer-Encoding : chunked'], `25\r\n${query}\r\n0\r\n\r\n`],
    ['a mangled Transfer-Encoding', ['Transfer-Encoding: xchunked'], `25\r\n${query}\r\n0\r\n\r\n`],
    [
      'a chunk size beyond all numbers',
      ['Transfer-Encoding: chunked'],
      `fffffffffffffffff\r\n${query}\r\n0\r\n\r\n`,
    ],
    ['a negative chunk size', ['Transfer-Encoding: chunked'], `-1\r\n${query}\r\n0\r\n\r\n`],
    ['a chunk larger than its size', ['Transfer-Encoding: chunked'], `2\r\n${query}\r\n0\r\n\r\n`],
    [
      'chunk extensions without end',
      ['Transfer-Encoding: chunked'],
      `2;${'a=b;'.repeat(20_000)}\r\n{}\r\n0\r\n\r\n`,
    ],
    [
      'trailers without end',
      ['Transfer-Encoding: chunked'],
      `2\r\n{}\r\n0\r\n${'X-A: b\r\n'.repeat(20_000)}\r\n`,
    ],
    ['line feeds in a header', ['X-A: b\n\n GET / HTTP/1.1'], ''],
    ['a folded header', ['X-A: b\r\n  c'], ''],
    ['a NUL in a header', ['X-A: b\0c'], ''],
    ['a header without a name', [': b'], ''],
    ['a space in a header name', ['X A: b'], ''],
    ['20 KB of one header', [`X-A: ${'a'.repeat(20_000)}`], ''],
    ['5 000 headers', Array.from({ length: 5000 }, (_, at) => `X-${at}: b`), ''],
  ])('%s is refused', async (_what, headers, body) => {
    expectRefused(await post(headers, body));
  });

  it('an announced expectation that nobody can meet is refused with a sentence', async () => {
    expectRefused(await post(['Expect: something', 'Content-Length: 0']));
  });

  it('a request without Host is refused with a sentence', async () => {
    expectRefused(await say(`POST ${address} HTTP/1.1\r\nConnection: close\r\n\r\n`));
  });

  it('chunk extensions and trailers change nothing, not even as credentials', async () => {
    const body = `25;a=b;c="d\\"e"\r\n${query}\r\n0;x\r\nX-API-Key: ${signalbox.apiKey}\r\nContent-Type: text/plain\r\n\r\n`;
    const headers = [json, 'Transfer-Encoding: chunked', 'Trailer: X-API-Key'];
    const spoken = await say(requestText(`POST ${address}`, headers, body));
    expect(spoken.statuses).toEqual([address === COMMAND ? 401 : 200]);
  });

  it('bytes of headers that are no UTF-8 harm nobody', async () => {
    const head = requestText(
      `POST ${address}`,
      [json, 'Content-Length: 2', 'X-A: \u00ff\u00fe\u00c3', 'Cookie: \u0080'],
      '{}',
    );
    const spoken = await say(Buffer.from(head, 'latin1'));
    expect(spoken.statuses).toEqual([address === COMMAND ? 401 : 200]);
  });

  it.each(['HEAD', 'OPTIONS', 'TRACE', 'PROPFIND', 'SEARCH', 'LOCK', 'QUERY'])(
    'the method %s does nothing',
    async (method) => {
      const { statuses, isClosed } = await say(
        requestText(`${method} ${address}`, [auth, json, 'Content-Length: 0']),
      );
      expect(statuses).toHaveLength(1);
      expect(statuses[0]).toBeGreaterThanOrEqual(400);
      expect(statuses[0]).toBeLessThan(500);
      expect(isClosed).toBe(true);
    },
  );

  it.each(['CONNECT', 'FOO', 'post', 'P\0ST', ''])('the method %j is no method of ours', async (method) => {
    expectRefusedOrClosed(await say(requestText(`${method} ${address}`, [auth, json])));
  });

  it.each([
    ['a NUL', '\0'],
    ['a space', ' x'],
    ['a raw byte beyond ASCII', '\u00ff'],
    ['%00', '%00'],
    ['a broken escape', '%zz'],
    ['half an escape', '%'],
    ['an overlong escape', '%c0%af'],
    ['17 KB', 'a'.repeat(17_000)],
    ['15 KB', 'a'.repeat(15_000)],
    ['7 000 segments', '/a'.repeat(7000)],
    ['7 000 steps up', '/..'.repeat(5000)],
  ])('a URL that goes on with %s is refused', async (_what, end) => {
    const text = requestText(`POST ${address}${end}`, [auth, json, 'Content-Length: 37'], query);
    expectRefused(await say(Buffer.from(text, 'latin1')));
  });

  it('an upgrade is not made', async () => {
    const headers = [
      auth,
      json,
      'Connection: Upgrade',
      'Upgrade: h2c',
      'HTTP2-Settings: AAMAAABkAAQAAP__',
      'Content-Length: 37',
    ];
    expect((await post(headers, query)).statuses.filter((status) => status < 200)).toEqual([]);
  });

  it('a connection that ends inside a body leaves no execution that ran', async () => {
    const before = await latestSuccess();
    const bytes = requestText(`POST ${address}`, [auth, json, 'Content-Length: 500'], '{"cut":');
    const socket = await openSocket(signalbox.url, bytes);
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.end();
    socket.resume();
    await closed;
    expect(await latestSuccess()).toBe(before);
  });

  it('senders that drip a byte at a time or stop for good hold up nobody', async () => {
    const request = requestText(`POST ${address}`, [auth, json, 'Content-Length: 37'], query);
    const silent = await Promise.all(
      [...Array(30).keys()].map((at) => openSocket(signalbox.url, request.slice(0, at * 3))),
    );
    const dripping = await openSocket(signalbox.url);
    for (const byte of request.slice(0, 40)) {
      dripping.write(byte);
      expect((await signalbox.call('script', {})).status).toBe(200);
    }
    expect((await signalbox.command('GetWebHookConfigListQuery')).status).toBe(200);
    for (const socket of [...silent, dripping]) socket.destroy();
  });

  it('a sender that drips a whole request gets its whole answer', async () => {
    const socket = await openSocket(signalbox.url);
    const answer = new Promise<string>((resolve) => {
      let text = '';
      socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
      socket.on('close', () => resolve(text));
    });
    socket.setNoDelay(true);
    for (const byte of requestText(`POST ${address}`, [auth, json, 'Content-Length: 37'], query)) {
      await new Promise((resolve) => socket.write(byte, resolve));
    }
    expect(await answer).toMatch(/^HTTP\/1\.1 200 OK[^]*"success":true/);
  });
});

describe('a connection', () => {
  it.each([
    ['garbage', 'hello\r\n\r\n'],
    ['a TLS greeting', Buffer.from('16030100a5010000a103030102030405060708', 'hex')],
    ['zeros', Buffer.alloc(4096)],
    ['all bytes', Buffer.from([...Array(256).keys()])],
    ['64 KB of letters', 'a'.repeat(65_536)],
    ['an HTTP/2 preface', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
    ['line feeds only', `GET ${SCRIPT} HTTP/1.1\nHost: x\n\n`],
    ['a version of nonsense', `GET ${SCRIPT} HTTP/9.9\r\nHost: x\r\n\r\n`],
    ['a version that is no number', `GET ${SCRIPT} HTTP/x\r\nHost: x\r\n\r\n`],
    ['SSH', 'SSH-2.0-OpenSSH_9.6\r\n'.repeat(4)],
    ['a SOCKS greeting', Buffer.from([5, 1, 0, 0x0d, 0x0a])],
  ])('that speaks %s is refused or closed', async (_what, bytes) => {
    expectRefusedOrClosed(await say(bytes));
  });

  it('in HTTP/0.9 gets at most what anybody may have', async () => {
    for (const line of [`GET ${SCRIPT}`, `GET ${COMMAND}`, `POST ${COMMAND}`]) {
      const { statuses } = await say(`${line}\r\n\r\n`);
      for (const status of statuses) expect(String(status)).toMatch(/^4/);
    }
  });

  it('cannot smuggle a second request inside the body of the first', async () => {
    const inner = requestText('POST /api/webhooks/dynamic/native', [json, 'Content-Length: 2'], '{}');
    const outer = requestText(
      `POST ${SCRIPT}`,
      ['Content-Type: text/plain', `Content-Length: ${inner.length}`],
      inner,
    );
    expect((await say(outer)).statuses).toEqual([200]);
  });

  it('that sends a good request after a bad one gets no answer to the good one', async () => {
    const good = requestText(`POST ${COMMAND}`, [auth, json, 'Content-Length: 37'], query);
    const { statuses } = await say(`POST ${SCRIPT} HTTP/1.1\r\nHost: x\r\nContent-Length: 1x\r\n\r\n${good}`);
    expect(statuses).toEqual([400]);
  });

  it.each(['/', '/api/', '/api/docs/', '/api/auth/', '/health/', '/studio/'])(
    'that asks for 15 KB below %s is told that there is nothing',
    async (address) => {
      expectRefused(await say(requestText(`GET ${address}${'a'.repeat(15_000)}`)));
    },
  );

  it('with too many headers gets the envelope that all failures have', async () => {
    const { statuses, body } = await say(
      requestText(`POST ${COMMAND}`, [auth, `X-A: ${'a'.repeat(20_000)}`]),
    );
    expect(statuses).toEqual([431]);
    expect(JSON.parse(body)).toMatchObject({ success: false, data: null, errors: [expect.any(String)] });
  });
});
