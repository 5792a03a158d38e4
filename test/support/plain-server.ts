import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import type { WebHookAnswer } from '../../src/features/webhook-router/index.ts';
import { type Exchange, type ExchangeListener, NodeExchange } from '../../src/http/exchange.ts';
import { PlainConnections } from '../../src/http/plain-connections.ts';
import { HttpRequest } from '../../src/http/read-body.ts';
import { until as lookUntil } from './until.ts';

export const WEBHOOK = '/api/webhooks/dynamic/orders';
const LIMIT_BYTES = 1_048_576;

/** An answer of ours. */
export const ok: WebHookAnswer = { status: 200, headers: { 'content-type': 'text/plain' }, body: 'ok' };

/** A server that notes who read which call, the one before Node's server or Node's. */
export class PlainServer implements ExchangeListener {
  isOpen = true;
  /** `plain` or `node`, and the body, in the order in which they came. */
  readonly calls: string[] = [];
  /** Calls that nobody has answered yet. */
  readonly waiting: Exchange[] = [];
  /** What answers a call; null lets it wait. */
  answers: ((exchange: Exchange, body: string) => void) | null = (exchange, body) =>
    exchange.answer({ ...ok, body: `ok ${body}` }, 'exec_1');
  readonly server: Server<typeof HttpRequest>;
  readonly plain: PlainConnections;
  /** Connections made so far. */
  connections = 0;
  private readonly callers: Caller[] = [];

  private constructor() {
    const options = { IncomingMessage: HttpRequest, keepAliveTimeout: 72_000 };
    this.server = createServer(options, (message, response) =>
      this.take(new NodeExchange(message, response)),
    );
    this.plain = new PlainConnections(this.server, this);
    this.server.on('connection', () => this.connections++);
  }

  static async start(): Promise<PlainServer> {
    const started = new PlainServer();
    await new Promise<void>((resolve) => started.server.listen(0, '127.0.0.1', resolve));
    return started;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  take(exchange: Exchange): void {
    exchange.readBody(LIMIT_BYTES, {
      refuse: (error) => this.calls.push(`refused ${error.code}`),
      done: (bytes) => {
        const body = bytes.toString();
        this.calls.push(`${exchange instanceof NodeExchange ? 'node' : 'plain'} ${body}`);
        if (this.answers) this.answers(exchange, body);
        else this.waiting.push(exchange);
      },
    });
  }

  newCaller(): Caller {
    const caller = new Caller(this.port);
    this.callers.push(caller);
    return caller;
  }

  /** Who has made a call that waits for its answer. */
  async newWaiting(body: string): Promise<Caller> {
    this.answers = null;
    const caller = this.newCaller();
    const before = this.waiting.length;
    await caller.say(post(body));
    await until(() => this.waiting.length > before);
    return caller;
  }

  /** Until no connection is left. */
  async untilAlone(): Promise<void> {
    const count = () =>
      new Promise<number>((resolve) => this.server.getConnections((_error, open) => resolve(open)));
    await lookUntil(async () => (await count()) === 0 || null);
  }

  stop(): void {
    for (const { socket } of this.callers) socket.destroy();
    this.server.closeAllConnections();
    this.server.close();
  }
}

/** A connection, and what was said on it. */
export class Caller {
  text = '';
  isClosed = false;
  readonly socket: Socket;

  constructor(port: number) {
    this.socket = connect(port, '127.0.0.1').setNoDelay(true);
    this.socket.on('data', (chunk: Buffer) => (this.text += chunk.toString('latin1')));
    this.socket.on('error', () => {});
    this.socket.on('close', () => (this.isClosed = true));
  }

  /** Sends bytes that are few enough to arrive in one piece, unless others are on their way. */
  async say(bytes: string): Promise<void> {
    await new Promise((resolve) => this.socket.write(bytes, resolve));
  }

  /** The bodies of the answers so far. */
  get bodies(): string[] {
    return [...this.text.matchAll(/\r\n\r\n(.*?)(?=HTTP\/1|$)/gs)].map((found) => found[1]!);
  }

  async hears(count: number): Promise<void> {
    await until(() => this.bodies.length >= count);
  }
}

/** A call with a body. */
export function post(body: string, ...lines: string[]): string {
  const length = `Content-Length: ${body.length}`;
  return [`POST ${WEBHOOK} HTTP/1.1`, 'Host: signalbox', length, ...lines, '', body].join('\r\n');
}

/** Looks again and again until it is so. */
export async function until(isSo: () => boolean): Promise<void> {
  await lookUntil(() => Promise.resolve(isSo() || null), 2);
}
