import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Caller } from '../bus/index.ts';
import type { Authenticator } from '../features/access/index.ts';
import { AppError } from '../platform/errors.ts';
import { isSecretName } from '../platform/masking.rules.ts';
import { errorOf, sendError } from './error-answer.ts';

/** Addresses that belong to callers. */
const addresses = new Set(['POST /api/bpm/cmd', 'GET /api/executions/stream', 'HEAD /api/executions/stream']);

interface Authenticated {
  caller: Caller;
  epoch: number;
}

const callers = new WeakMap<FastifyRequest, Authenticated>();

/** Finds out who calls before the body is read: strangers send us nothing. */
export function authenticateFirst(server: FastifyInstance, authenticator: Authenticator): void {
  server.addHook('onRoute', (route) => {
    if (!addresses.has(`${String(route.method)} ${route.url}`)) return;
    route.onRequest = async (request, reply) => {
      void reply.header('cache-control', 'no-store');
      try {
        // Of an address that is opened with GET: a browser's own reader of events can send no header.
        if (route.method !== 'POST') refuseCredentialsInUrl(request.query);
        await authenticate(authenticator, request);
      } catch (thrown) {
        sendError(reply, errorOf(thrown));
        return reply;
      }
    };
    // A body may take its time: whoever was let in before it may be nobody by now.
    route.preHandler = async (request, reply) => {
      if (callers.get(request)?.epoch === authenticator.epoch) return;
      try {
        await authenticate(authenticator, request);
      } catch (thrown) {
        sendError(reply, errorOf(thrown));
        return reply;
      }
    };
  });
}

async function authenticate(authenticator: Authenticator, request: FastifyRequest): Promise<void> {
  const { epoch } = authenticator;
  callers.set(request, { epoch, caller: await authenticator.authenticate(request.headers) });
}

/** Whatever stands in a URL ends up in logs: a credential there is one that has to be changed. */
function refuseCredentialsInUrl(query: unknown): void {
  const name = Object.keys(query as object).find(isSecretName);
  if (name === undefined) return;
  throw new AppError({
    code: 'access.credentials-in-url',
    kind: 'invalid',
    publicMessage: 'Validation failed',
    details: [
      `Send no credentials in the URL ("${name.slice(0, 100)}"): a token belongs into the header Authorization: Bearer …, an API key into X-API-Key`,
    ],
  });
}

/** Who made this request. */
export function callerOf(request: FastifyRequest): Caller {
  const known = callers.get(request);
  if (!known) throw new Error('An address that belongs to callers was reached without authentication');
  return known.caller;
}
