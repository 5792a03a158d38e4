import { createServer } from 'node:net';

/** Below those that the system gives to connections: nobody else takes one between the look and the start. */
const FIRST = 20_000;
const COUNT = 6_000;
/** Files of tests that run beside each other have ports of their own: a server listens only some time after the look. */
const LANES = 2;
const lane = Number(process.env['VITEST_POOL_ID'] ?? 0) % LANES;
/** One file after the other does not begin with what the last one has just given back. */
const STRIDE = 97;
let next = (process.pid * STRIDE) % COUNT;

/** A port that nobody listens on at this moment, on any address; another one each time. */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < COUNT; tries++) {
    const port = FIRST + lane * COUNT + next;
    next = (next + 1) % COUNT;
    if (await isFree(port)) return port;
  }
  throw new Error('There is no free port');
}

async function isFree(port: number): Promise<boolean> {
  return (await canListen(port, '127.0.0.1')) && (await canListen(port, '0.0.0.0'));
}

function canListen(port: number, host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, host, () => server.close(() => resolve(true)));
  });
}
