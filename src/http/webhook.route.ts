import type { IncomingHttpHeaders } from 'node:http';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import {
  type AdmittedCall,
  notFoundAnswer,
  type MatchWebHook,
  type ReceiveWebHook,
  tooLarge,
  type WebHookAnswer,
} from '../features/webhook-router/index.ts';
import type { AppError } from '../platform/errors.ts';
import { errorOf } from './error-answer.ts';
import { rawBodyOf } from './raw-body.ts';

const mediaType = /^[\w!#$%&'*+.^`|~-]+\/[\w!#$%&'*+.^`|~-]+\s*(;.*)?$/;

const admittedCalls = new WeakMap<FastifyRequest, AdmittedCall>();

/**
 * The public addresses of all dynamic webhooks, as one lean route: Nest's guards, pipes and interceptors cost
 * 10–15 µs a call here, half of what Fastify takes.
 */
export function registerWebHookRoute(
  server: FastifyInstance,
  matcher: MatchWebHook,
  router: ReceiveWebHook,
  bodyLimitBytes: number,
): void {
  server.route({
    method: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'],
    url: '/api/webhooks/*',
    bodyLimit: bodyLimitBytes,
    onRequest: (request, reply, done) => {
      const admitted = matcher.match({
        method: request.method,
        url: request.raw.url ?? '',
        headers: readableType(request),
        peer: request.socket.remoteAddress ?? '',
      });
      if (!admitted) {
        send(reply, notFoundAnswer, null);
        return;
      }
      const objection = matcher.addressObjection(admitted);
      if (objection) {
        void refuse(router, reply, admitted, objection);
        return;
      }
      admittedCalls.set(request, admitted);
      done();
    },
    handler: async (request, reply) => {
      const admitted = admittedCalls.get(request)!;
      send(reply, await router.receive(admitted, rawBodyOf(request)), admitted.id);
      return reply;
    },
    errorHandler: (error, request, reply) => {
      const admitted = admittedCalls.get(request);
      const isTooLarge = error.code === 'FST_ERR_CTP_BODY_TOO_LARGE';
      if (admitted)
        void refuse(router, reply, admitted, isTooLarge ? tooLarge(bodyLimitBytes) : errorOf(error));
      else send(reply, notFoundAnswer, null);
    },
  });
}

/** Fastify refuses a Content-Type that is no media type; to a webhook it is one like any other that we do not know. */
function readableType(request: FastifyRequest): IncomingHttpHeaders {
  const { headers } = request;
  const type = headers['content-type'];
  if (type === undefined || mediaType.test(type)) return headers;
  const asReceived = { ...headers };
  headers['content-type'] = 'application/octet-stream';
  return asReceived;
}

async function refuse(
  router: ReceiveWebHook,
  reply: FastifyReply,
  admitted: AdmittedCall,
  error: AppError,
): Promise<void> {
  send(reply, await router.reject(admitted, error, Buffer.alloc(0)), admitted.id);
}

function send(reply: FastifyReply, answer: WebHookAnswer, executionId: string | null): void {
  void reply.code(answer.status).headers(answer.headers);
  // Last, so that no script's header stands in its place.
  if (executionId !== null) void reply.header('x-execution-id', executionId);
  void reply.send(answer.body);
}
