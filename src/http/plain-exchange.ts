import { STATUS_CODES, validateHeaderName, validateHeaderValue } from 'node:http';
import { type IncomingCall, jsonHeaders, type WebHookAnswer } from '../features/webhook-router/index.ts';
import { type Exchange, hasNoBody } from './exchange.ts';
import type { PlainRequest } from './plain-request.ts';
import type { BodyReader } from './read-body.ts';

/** The connection that a request came on. */
export interface PlainWay {
  readonly peer: string;
  /** The last lines of a head whose connection is kept; null where none is kept any longer. */
  readonly linesWhenKept: string | null;
  /** Whether this exchange is the one that waits for its answer, and somebody is there to read it. */
  isAt(exchange: PlainExchange): boolean;
  /** @param answer a text has a byte for each character. */
  send(answer: string | Buffer, isLast: boolean): void;
}

/** A plain request and the way back. */
export class PlainExchange implements Exchange {
  readonly call: IncomingCall;
  private readonly body: Buffer;
  private readonly isLast: boolean;
  private readonly way: PlainWay;

  constructor({ method, url, headers, body, isLast }: PlainRequest, way: PlainWay) {
    this.call = { method, url, headers, peer: way.peer };
    this.body = body;
    this.isLast = isLast;
    this.way = way;
  }

  get isGone(): boolean {
    return !this.way.isAt(this);
  }

  /** As long as its head has said: whoever reads it has looked at that. */
  readBody(_limitBytes: number, reader: BodyReader): void {
    reader.done(this.body);
  }

  /** There is none on its way. */
  endLongBody(): void {}

  /** Whoever makes answers leaves out the names that are written here (`droppedHeaders`). */
  answer({ status, headers, body }: WebHookAnswer, executionId: string | null): void {
    if (this.isGone) return;
    const { way } = this;
    const keptLines = this.isLast ? null : way.linesWhenKept;
    let head = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'unknown'}\r\n`;
    head += headers === jsonHeaders ? jsonLines : linesOf(headers);
    if (executionId !== null) head += `x-execution-id: ${executionId}\r\n`;
    const length = hasNoBody(status) ? -1 : Buffer.byteLength(body);
    if (length >= 0) head += `content-length: ${length}\r\n`;
    head += `Date: ${httpDate()}\r\n`;
    head += keptLines ?? 'Connection: close\r\n\r\n';
    const isLast = keptLines === null;
    if (length < 0) way.send(head, isLast);
    else if (length === body.length) way.send(head + body, isLast);
    else way.send(Buffer.concat([Buffer.from(head, 'latin1'), Buffer.from(body)]), isLast);
  }
}

/** @throws what Node throws for a name or value that would break the head. */
function linesOf(headers: WebHookAnswer['headers']): string {
  let lines = '';
  for (const name in headers) {
    const value = headers[name]!;
    for (const one of typeof value === 'string' ? [value] : value) {
      validateHeaderName(name);
      validateHeaderValue(name, one);
      lines += `${name}: ${one}\r\n`;
    }
  }
  return lines;
}

const jsonLines = linesOf(jsonHeaders);

let dateText = '';
let dateUntil = 0;

/** RFC 9110 §5.6.7: to the second. */
function httpDate(): string {
  const now = Date.now();
  if (now >= dateUntil || now < dateUntil - 1_000) {
    dateText = new Date(now).toUTCString();
    dateUntil = now - (now % 1_000) + 1_000;
  }
  return dateText;
}
