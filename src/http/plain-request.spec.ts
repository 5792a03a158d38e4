import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readPlainRequest } from './plain-request.ts';
import { repeatableNumbers } from '../../test/support/repeatable-random.ts';

const ADDRESS = '/api/webhooks/dynamic/orders';

/** What Node's own server makes of bytes. */
interface ReadByNode {
  method: string;
  url: string;
  headers: Record<string, unknown>;
  body: string;
}

let server: Server;
let port: number;
let requests: ReadByNode[];

beforeAll(async () => {
  server = createServer((request, response) => {
    const body: Buffer[] = [];
    request.on('data', (chunk: Buffer) => body.push(chunk));
    request.on('end', () => {
      requests.push({
        method: request.method!,
        url: request.url!,
        headers: { ...request.headers },
        body: Buffer.concat(body).toString('latin1'),
      });
      response.end('read');
    });
  });
  server.on('checkExpectation', (_request, response) => response.writeHead(417).end());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  port = (server.address() as AddressInfo).port;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

/** Sends bytes in one piece, and nothing after them. @returns all that Node took for requests, and whether it kept the connection. */
function readByNode(bytes: Buffer): Promise<{ requests: ReadByNode[]; isKept: boolean }> {
  requests = [];
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes));
    socket.on('error', () => {});
    socket.once('data', () => setImmediate(() => setImmediate(() => socket.destroy())));
    let isKept = true;
    socket.once('end', () => (isKept = false));
    socket.once('close', () => resolve({ requests, isKept }));
  });
}

function text(lines: readonly string[], body = '', line = `POST ${ADDRESS} HTTP/1.1`): Buffer {
  return Buffer.from([line, 'Host: signalbox', ...lines, '', body].join('\r\n'), 'latin1');
}

describe('a plain request', () => {
  it.each<[what: string, request: Buffer, read: object]>([
    [
      'with a body',
      text(['Content-Type: application/json', 'Content-Length: 7'], '{"a":1}'),
      {
        method: 'POST',
        url: ADDRESS,
        headers: { host: 'signalbox', 'content-type': 'application/json', 'content-length': '7' },
        body: Buffer.from('{"a":1}'),
        isLast: false,
      },
    ],
    ['without one', text([], '', `GET ${ADDRESS}?a=1 HTTP/1.1`), { method: 'GET', url: `${ADDRESS}?a=1` }],
    ['whose body has lines like a head', text(['Content-Length: 8'], 'a: b\r\n\r\n'), { method: 'POST' }],
    ['whose body is no text', text(['Content-Length: 2'], '\0\xff'), { body: Buffer.from([0, 255]) }],
    ['with spaces around a value', text(['X-A:  b c  ']), { headers: { 'x-a': 'b c' } }],
    ['with an empty value', text(['X-A:', 'X-B:  ']), { headers: { 'x-a': '', 'x-b': '' } }],
    ['that keeps its connection', text(['Connection: Keep-Alive']), { isLast: false }],
    ['that is the last of its connection', text(['Connection: close']), { isLast: true }],
    ['with a length of zeros', text(['Content-Length: 000']), { headers: { 'content-length': '000' } }],
    ['encoded', text(['Content-Encoding: gzip', 'Content-Length: 1'], 'x'), { body: Buffer.from('x') }],
  ])('%s is read', async (_what, request, read) => {
    const plain = readPlainRequest(request);
    expect(plain).toMatchObject(read);
    const { requests: seen, isKept } = await readByNode(request);
    expect(seen).toEqual([asNodeTells(plain!)]);
    expect(isKept).toBe(!plain!.isLast);
  });

  it('has every method of webhooks', () => {
    for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'])
      expect(readPlainRequest(text([], '', `${method} ${ADDRESS} HTTP/1.1`))).toMatchObject({ method });
  });
});

describe('left to Node is', () => {
  it.each<[what: string, request: Buffer]>([
    ['part of a head', text([]).subarray(0, -1)],
    ['part of a body', text(['Content-Length: 3'], 'ab')],
    ['more than a body', text(['Content-Length: 1'], 'ab')],
    ['a body without a length', text([], 'a')],
    ['two requests', Buffer.concat([text([]), text([])])],
    ['nothing', Buffer.alloc(0)],
    ['a chunked body', text(['Transfer-Encoding: chunked'], '0\r\n\r\n')],
    ['a chunked body with a length', text(['Content-Length: 5', 'Transfer-Encoding: chunked'], '0\r\n\r\n')],
    ['a length twice', text(['Content-Length: 1', 'Content-Length: 1'], 'a')],
    ['a length with a sign', text(['Content-Length: +1'], 'a')],
    ['a length in hexadecimal', text(['Content-Length: 0x1'], 'a')],
    ['a length with a fraction', text(['Content-Length: 1.0'], 'a')],
    ['a length of ten digits', text(['Content-Length: 0000000001'], 'a')],
    ['an empty length', text(['Content-Length: '])],
    ['a header twice', text(['X-A: 1', 'x-a: 2'])],
    ['a second Host', text(['Host: other'])],
    ['no Host', Buffer.from(`POST ${ADDRESS} HTTP/1.1\r\nX-A: b\r\n\r\n`)],
    ['no header', Buffer.from(`POST ${ADDRESS} HTTP/1.1\r\n\r\n`)],
    ['an expectation', text(['Expect: 100-continue'])],
    ['an upgrade', text(['Connection: Upgrade', 'Upgrade: h2c'])],
    ['a list of connection options', text(['Connection: keep-alive, te'])],
    ['an option of a proxy', text(['Proxy-Connection: close'])],
    ['a cookie that is set', text(['Set-Cookie: a=b'])],
    ['a header that all objects have', text(['constructor: b'])],
    ['a header that is no property', text(['__proto__: b'])],
    ['a folded header', text(['X-A: b', ' c'])],
    ['a line without a colon', text(['X-A'])],
    ['a header without a name', text([': b'])],
    ['a space before the colon', text(['X-A : b'])],
    ['a line feed alone', text(['X-A: b\nX-B: c'])],
    ['a carriage return alone', text(['X-A: b\rc'])],
    ['a tab', text(['Content-Length: 1\t'], 'a')],
    ['a NUL', text(['X-A: b\0'])],
    ['a byte beyond ASCII', text(['X-A: \xe9'])],
    ['a name beyond ASCII', text(['X-\xe9: a'])],
    ['101 headers', text(Array.from({ length: 100 }, (_, at) => `X-${at}: b`))],
    ['a head of 8 KiB', text([`X-A: ${'b'.repeat(8_192)}`])],
    ['HTTP/1.0', text([], '', `POST ${ADDRESS} HTTP/1.0`)],
    ['another method', text([], '', `HEAD ${ADDRESS} HTTP/1.1`)],
    ['a method in small letters', text([], '', `post ${ADDRESS} HTTP/1.1`)],
    ['another address', text([], '', 'POST /api/bpm/cmd HTTP/1.1')],
    ['a whole URL', text([], '', `POST http://signalbox${ADDRESS} HTTP/1.1`)],
    ['two spaces in the line', text([], '', `POST  ${ADDRESS} HTTP/1.1`)],
    ['a space in the URL', text([], '', `POST ${ADDRESS} x HTTP/1.1`)],
    ['a URL beyond ASCII', text([], '', `POST ${ADDRESS}\xe9 HTTP/1.1`)],
    ['an empty line first', Buffer.concat([Buffer.from('\r\n'), text([])])],
  ])('%s', (_what, request) => {
    expect(readPlainRequest(request)).toBeNull();
  });
});

it('is never taken for another request than the one that Node reads in the same bytes', async () => {
  const random = repeatableNumbers(20_261_130);
  let plainOnes = 0;
  for (let round = 0; round < 10_000; round++) {
    const bytes = mutated(random);
    const plain = readPlainRequest(bytes);
    if (plain === null) continue;
    plainOnes++;
    const { requests: seen, isKept } = await readByNode(bytes);
    const sent = bytes.toString('latin1');
    expect({ sent, seen, isKept }).toEqual({ sent, seen: [asNodeTells(plain)], isKept: !plain.isLast });
  }
  expect(plainOnes).toBeGreaterThan(1_500);
  expect(plainOnes).toBeLessThan(4_000);
});

function asNodeTells({
  method,
  url,
  headers,
  body,
}: NonNullable<ReturnType<typeof readPlainRequest>>): ReadByNode {
  return { method, url, headers: { ...headers }, body: body.toString('latin1') };
}

const names = [
  'Accept', 'Age', 'Authorization', 'Connection', 'Content-Encoding', 'Content-Length', 'Cookie', 'Date', 'ETag', 'Expect', 'From',
  'Host', 'If-None-Match', 'Keep-Alive', 'Location', 'Max-Forwards', 'Proxy-Authorization', 'Proxy-Connection', 'Range', 'Referer', 'Server',
  'Set-Cookie', 'TE', 'Trailer', 'Transfer-Encoding', 'Upgrade', 'User-Agent', 'X-Forwarded-For', 'X-A', 'x-signature', '!#$%', '__proto__',
]; // prettier-ignore
const values = [
  '',
  'a',
  'chunked',
  'close',
  'keep-alive',
  '0',
  '1',
  '2',
  '12',
  'a, b',
  '"quoted"',
  'a;b=c',
  ' x\t',
  '100-continue',
  'é',
];
const bytesOfNote = [
  '\r',
  '\n',
  '\r\n',
  ' ',
  '\t',
  ':',
  '\0',
  ';',
  ',',
  '#',
  '?',
  '%',
  '\\',
  '"',
  '\x7f',
  '\x80',
  '\xff',
  'a',
  '0',
  '/',
];

type Random = (below: number) => number;

/** A request much as others send it, with up to two bytes changed. */
function mutated(random: Random): Buffer {
  const pick = (from: readonly string[]) => from[random(from.length)]!;
  const body = pick(['', 'x'.repeat(6), text([]).toString('latin1')]);
  const lines = Array.from({ length: random(4) }, () => `${pick(names)}:${pick(['', ' '])}${pick(values)}`);
  if (random(8) > 0) lines.push(`Content-Length: ${body.length}`);
  const url = `${ADDRESS}${pick(['', '?a=b', '/c', '#d', '%zz', '"<>|', '?'])}`;
  const line = `${pick(['GET', 'POST', 'PUT', 'PATCH', 'DELETE'])} ${url} HTTP/1.1`;
  let bytes = text(lines, body, line).toString('latin1');
  for (let changes = random(3); changes > 0; changes--) {
    const at = random(bytes.length + 1);
    bytes = bytes.slice(0, at) + pick([...bytesOfNote, '']) + bytes.slice(at + random(2));
  }
  return Buffer.from(bytes, 'latin1');
}
