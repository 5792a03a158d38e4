import type { ServerResponse } from 'node:http';
import type { IncomingCall, WebHookAnswer } from '../features/webhook-router/index.ts';
import { type BodyReader, type HttpRequest, mayGoOnForLong, readBody } from './read-body.ts';

/** A call at an address of webhooks, and the way back to its caller. */
export interface Exchange {
  readonly call: IncomingCall;
  /** The caller has hung up: nobody waits for the answer. */
  readonly isGone: boolean;
  readBody(limitBytes: number, reader: BodyReader): void;
  /** What is left of a refused body is read and dropped when the answer is out, so that its sender sees it; a long one ends with its connection. */
  endLongBody(limitBytes: number): void;
  answer(answer: WebHookAnswer, executionId: string | null): void;
}

/** What takes webhooks. */
export interface ExchangeListener {
  /** Webhooks are answered here; else their addresses are left to others. */
  readonly isOpen: boolean;
  take(exchange: Exchange): void;
}

/** One that Node's server has read. */
export class NodeExchange implements Exchange {
  readonly call: IncomingCall;
  private readonly request: HttpRequest;
  private readonly response: ServerResponse;

  constructor(request: HttpRequest, response: ServerResponse) {
    this.request = request;
    this.response = response;
    this.call = {
      method: request.method!,
      url: request.url!,
      headers: request.headers,
      peer: request.socket.remoteAddress ?? '',
    };
  }

  get isGone(): boolean {
    return this.response.destroyed;
  }

  readBody(limitBytes: number, reader: BodyReader): void {
    readBody(this.request, limitBytes, reader);
  }

  endLongBody(limitBytes: number): void {
    if (mayGoOnForLong(this.request, limitBytes)) this.response.shouldKeepAlive = false;
  }

  answer(answer: WebHookAnswer, executionId: string | null): void {
    const { response } = this;
    const { status, body } = answer;
    // Names and values by turns, as Node takes them too: no copy is made for them.
    const headers: (string | string[])[] = [];
    for (const name in answer.headers) headers.push(name, answer.headers[name]!);
    if (executionId !== null) headers.push('x-execution-id', executionId);
    if (hasNoBody(status)) {
      response.writeHead(status, headers).end();
      return;
    }
    const length = Buffer.byteLength(body);
    headers.push('content-length', String(length));
    response.writeHead(status, headers);
    // One write with the headers, whose characters have a byte each: so the body's must have.
    if (length === body.length) response.end(body, 'latin1');
    else response.end(Buffer.from(body));
  }
}

/** RFC 9110 §15.3.5, §15.4.5: nothing follows the headers of such an answer. */
export function hasNoBody(status: number): boolean {
  return status === 204 || status === 304;
}
