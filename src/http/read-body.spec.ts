import { Agent, createServer, request, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { HttpRequest, readBody } from './read-body.ts';

const LIMIT_BYTES = 1_048_576;
let server: Server<typeof HttpRequest>;
let port: number;
/** Bodies that were read, as far as somebody still has them. */
let bodies: WeakRef<Buffer>[];
let refused: string[][];
let agent: Agent;

beforeEach(async () => {
  bodies = [];
  refused = [];
  agent = new Agent({ keepAlive: true, maxSockets: 1 });
  server = createServer({ IncomingMessage: HttpRequest }, (message, response) =>
    readBody(message, LIMIT_BYTES, {
      done: (body) => {
        bodies.push(new WeakRef(body));
        setImmediate(() => response.end(String(body.length)));
      },
      refuse: (error) => {
        refused.push([...error.details]);
        response.shouldKeepAlive = false;
        response.writeHead(error.status).end();
      },
    }),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  port = (server.address() as AddressInfo).port;
});
afterEach(() => {
  agent.destroy();
  server.close();
});

/** Sends chunks one after the other. @returns the answer's status and text. */
function call(chunks: readonly Buffer[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', port, agent, method: 'POST' }, (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => (text += chunk.toString()));
      response.on('end', () => resolve(`${response.statusCode} ${text}`));
    });
    asked.once('error', reject);
    for (const chunk of chunks) asked.write(chunk);
    asked.end();
  });
}

/** Writes bytes to a connection of its own, and hangs up once the server has read them. */
async function sendAndHangUp(...parts: readonly string[]): Promise<void> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  const closed = new Promise((resolve) => socket.once('close', resolve));
  for (const part of parts) {
    await new Promise((resolve) => socket.write(part, resolve));
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  socket.destroy();
  await closed;
  await vi.waitFor(() => expect(refused.length + bodies.length).toBeGreaterThan(0), { timeout: 10_000 });
  // Twice would be too often.
  await new Promise((resolve) => setTimeout(resolve, 50));
}

const head = 'POST / HTTP/1.1\r\nHost: localhost\r\n';

function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
}

describe('A body taken at the parser', () => {
  it.each([0, 1, 2, 5])('is whole in %s chunks, and the connection goes on', async (count) => {
    const chunks = Array.from({ length: count }, () => Buffer.alloc(70_000));
    expect(await call(chunks)).toBe(`200 ${70_000 * count}`);
    expect(await call(chunks)).toBe(`200 ${70_000 * count}`);
  });

  it.each([1, LIMIT_BYTES, 3 * LIMIT_BYTES])(
    'over the limit by %s bytes is read to its end and refused, so that its sender sees why',
    async (bytes) => {
      expect(await call([Buffer.alloc(LIMIT_BYTES), Buffer.alloc(bytes)])).toBe('413 ');
      expect(await call([Buffer.alloc(10)])).toBe('200 10');
    },
  );

  it('without an end is refused once it is far over the limit, and what is left of it harms nobody', async () => {
    await sendAndHangUp(
      `${head}Transfer-Encoding: chunked\r\n\r\n400001\r\n`,
      'x'.repeat(4 * LIMIT_BYTES + 1),
    );
    expect(refused).toEqual([[`The body is larger than ${LIMIT_BYTES} bytes`]]);
    expect(await call([Buffer.alloc(10)])).toBe('200 10');
  });

  it.each([
    ['its length says so', `${head}Content-Length: 10\r\n\r\n`, 'half'],
    ['nothing of it has come', `${head}Content-Length: 10\r\n\r\n`],
    ['its last chunk has not come', `${head}Transfer-Encoding: chunked\r\n\r\n`, '4\r\nhalf\r\n'],
    ['it is no HTTP', `${head}Transfer-Encoding: chunked\r\n\r\n`, '4\r\nhalf\r\n', 'zz\r\n'],
  ])('that breaks off is refused, once: %s', async (_, ...parts) => {
    await sendAndHangUp(...parts);
    expect(refused).toEqual([['The body broke off']]);
    expect(bodies).toEqual([]);
  });

  it('counts when it is whole, whenever its sender hangs up', async () => {
    await sendAndHangUp(`${head}Content-Length: 4\r\n\r\n`, 'full');
    expect(bodies).toHaveLength(1);
    expect(refused).toEqual([]);
  });

  it('is kept by nobody once it was answered, although its connection stays', async () => {
    // The last one in one piece: of several another is made, and only the pieces could be kept.
    for (const count of [3, 1]) await call(Array.from({ length: count }, () => Buffer.alloc(1_000)));
    await new Promise(setImmediate);
    collectGarbage();
    expect(bodies.map((body) => body.deref()?.length)).toEqual([undefined, undefined]);
  });
});
