import { Agent, createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HttpRequest, readBody } from './read-body.ts';

const LIMIT_BYTES = 1_048_576;
let server: Server<typeof HttpRequest>;
let port: number;
/** Bodies that were read, as far as somebody still has them. */
let bodies: WeakRef<Buffer>[];
let agent: Agent;

beforeEach(async () => {
  bodies = [];
  agent = new Agent({ keepAlive: true, maxSockets: 1 });
  server = createServer({ IncomingMessage: HttpRequest }, (message, response) =>
    readBody(message, LIMIT_BYTES, {
      done: (body) => {
        bodies.push(new WeakRef(body));
        setImmediate(() => response.end(String(body.length)));
      },
      refuse: (error) => {
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

  it('over the limit is refused, and what is left of it harms nobody', async () => {
    const answer = await call([Buffer.alloc(LIMIT_BYTES), Buffer.alloc(1)]).catch(() => 'cut off');
    expect(['413 ', 'cut off']).toContain(answer);
    expect(await call([Buffer.alloc(10)])).toBe('200 10');
  });

  it('is kept by nobody once it was answered, although its connection stays', async () => {
    // The last one in one piece: of several another is made, and only the pieces could be kept.
    for (const count of [3, 1]) await call(Array.from({ length: count }, () => Buffer.alloc(1_000)));
    await new Promise(setImmediate);
    collectGarbage();
    expect(bodies.map((body) => body.deref()?.length)).toEqual([undefined, undefined]);
  });
});
