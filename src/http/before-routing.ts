import type { FastifyInstance } from 'fastify';
import type { Socket } from 'node:net';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { failureEnvelope } from '../bus/index.ts';
import { AppError } from '../platform/errors.ts';
import { newId } from '../platform/ids.ts';
import { sendError } from './error-answer.ts';

/** What Node refuses before there is a request has our shape too. */
export function answerBeforeRouting(server: FastifyInstance): void {
  server.server.on('checkExpectation', (_request, response: ServerResponse) => {
    const body = JSON.stringify(failureEnvelope(unreadable('The expectation of the request cannot be met')));
    response.writeHead(417, {
      'content-type': 'application/json; charset=utf-8',
      'x-request-id': newId('req'),
    });
    response.end(body);
  });
  server.addHook('onRequest', (request, reply, done) => {
    if (lacksHost(request.raw)) sendError(reply, hostMissing());
    else done();
  });
}

export function lacksHost({ headers, httpVersion }: IncomingMessage): boolean {
  return headers.host === undefined && httpVersion === '1.1';
}

/** RFC 9112 §3.2: a request of HTTP/1.1 without Host is answered 400; Node's own answer has no body. */
export function hostMissing(): AppError {
  return unreadable('The request has no Host header');
}

const statusOfCode: Readonly<Record<string, [line: string, detail: string]>> = {
  HPE_HEADER_OVERFLOW: [
    '431 Request Header Fields Too Large',
    'The headers are larger than this server accepts',
  ],
  ERR_HTTP_REQUEST_TIMEOUT: ['408 Request Timeout', 'The request did not arrive in time'],
};

/** Answers what is no HTTP, or not in time, and closes the connection. */
export function answerClientError(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const known = statusOfCode[error.code ?? ''];
  const [line, detail] = known ?? ['400 Bad Request', 'The request is not valid HTTP'];
  const body = JSON.stringify(failureEnvelope(unreadable(detail)));
  const head = [
    `HTTP/1.1 ${line}`,
    'Content-Type: application/json; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
    `X-Request-Id: ${newId('req')}`,
    'Connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}

function unreadable(detail: string): AppError {
  return new AppError({
    code: 'http.invalid',
    kind: 'invalid',
    publicMessage: 'Malformed request',
    details: [detail],
  });
}
