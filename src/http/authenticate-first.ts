import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Caller } from '../bus/index.ts';
import type { Authenticator } from '../features/access/index.ts';
import { errorOf, sendError } from './error-answer.ts';

const COMMAND_ADDRESS = '/api/bpm/cmd';

const callers = new WeakMap<FastifyRequest, Caller>();

/** Finds out who calls the command endpoint before its body is read: strangers send us nothing. */
export function authenticateFirst(server: FastifyInstance, authenticator: Authenticator): void {
  server.addHook('onRoute', (route) => {
    if (route.url !== COMMAND_ADDRESS || route.method !== 'POST') return;
    route.onRequest = async (request, reply) => {
      void reply.header('cache-control', 'no-store');
      try {
        callers.set(request, await authenticator.authenticate(request.headers));
      } catch (thrown) {
        sendError(reply, errorOf(thrown));
        return reply;
      }
    };
  });
}

/** Who gave the command of this request. */
export function callerOf(request: FastifyRequest): Caller {
  const caller = callers.get(request);
  if (!caller) throw new Error('The command endpoint was reached without authentication');
  return caller;
}
