/** A process that runs scripts as one first would, with `node:vm`; told what to run over IPC. */
import { createHash, createHmac, randomUUID, timingSafeEqual } from 'node:crypto';
import type { BinaryToTextEncoding } from 'node:crypto';
import { format } from 'node:util';
import { Script, createContext } from 'node:vm';
import { NEIGHBOUR_SOURCE } from './hostile-neighbour.ts';
import type { Seen } from './hostile/hostile-script.ts';

/** One attack as the child gets it. */
export interface BareOrder {
  sources: string[];
  bodyText: string;
  calls: number;
}

/** What the child is told: an attack, a neighbour's call that comes while it runs, or to end. */
export type ToChild = { order: BareOrder } | { neighbour: number } | 'end';

/** What it answers, each when it is done. */
export type FromChild = { seen: Seen[]; ms: number } | { neighbour: Seen };

const TIMEOUT_MS = 1000;
let lines: string[] = [];
const write = (...values: unknown[]): void => void lines.push(format(...values));

class Response {
  readonly answer: { status?: number; headers?: Record<string, string>; body?: unknown };

  constructor(answer: Response['answer']) {
    this.answer = answer;
  }
}

const lent = {
  console: { log: write, info: write, warn: write, error: write },
  doCmd: (name: string) => ({
    success: false,
    data: null,
    message: `Unknown command ${name}`,
    errors: ['There is no such command'],
  }),
  respond: (answer: Response['answer']) => new Response(answer),
  crypto: {
    hmac: (algorithm: string, key: string, data: string, encoding: BinaryToTextEncoding = 'hex') =>
      createHmac(algorithm, key).update(data).digest(encoding),
    hash: (algorithm: string, data: string, encoding: BinaryToTextEncoding = 'hex') =>
      createHash(algorithm).update(data).digest(encoding),
    randomUUID: () => randomUUID(),
    timingSafeEqual,
  },
  secrets: {
    get(name: string): never {
      throw new Error(`No secret named ${name}`);
    },
  },
  atob,
  btoa,
  TextEncoder,
  TextDecoder,
  URL,
  URLSearchParams,
};

function contextOf(bodyText: string): object {
  const body: unknown = JSON.parse(bodyText);
  return {
    method: 'POST',
    path: '/webhooks/bare',
    params: {},
    query: {},
    headers: {},
    ip: '127.0.0.1',
    body,
  };
}

async function run(source: string, bodyText: string): Promise<Seen> {
  lines = [];
  const logs = lines;
  let script: Script;
  try {
    script = new Script(`(async function (context) { "use strict";\n${source}\n})(context)`);
  } catch (error) {
    return { kind: 'refused', message: `does not compile: ${(error as Error).message}`, logs };
  }
  try {
    const sandbox = createContext({ ...lent, context: contextOf(bodyText) });
    const value: unknown = await script.runInContext(sandbox, { timeout: TIMEOUT_MS });
    if (value instanceof Response) {
      const { status = 200, headers = {}, body = '' } = value.answer;
      const text = typeof body === 'string' ? body : JSON.stringify(body);
      return { kind: 'responded', status, headers, body: text, logs };
    }
    return { kind: 'returned', data: JSON.parse(JSON.stringify(value) ?? 'null') as unknown, logs };
  } catch (error) {
    const message =
      error instanceof Error || typeof error === 'object' ? String((error as Error).message) : String(error);
    if (message.includes('execution timed out')) return { kind: 'limit', limit: 'running-time', logs };
    return { kind: 'threw', message, logs };
  }
}

async function obey({ sources, bodyText, calls }: BareOrder): Promise<void> {
  const startedAt = performance.now();
  const seen: Seen[] = [];
  for (let call = 0; call < calls; call += 1) {
    for (const source of sources) seen.push(await run(source, bodyText));
  }
  answer({ seen, ms: performance.now() - startedAt });
}

function answer(message: FromChild): void {
  process.send?.(message);
}

process.on('message', (message: ToChild) => {
  if (message === 'end') process.disconnect();
  else if ('order' in message) void obey(message.order);
  else {
    const bodyText = JSON.stringify({ n: message.neighbour });
    void run(NEIGHBOUR_SOURCE, bodyText).then((neighbour) => answer({ neighbour }));
  }
});
