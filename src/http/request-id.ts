import type { FastifyInstance, FastifyReply } from 'fastify';
import { newId } from '../platform/ids.ts';

const HEADER = 'x-request-id';

/** Gives each request an id and each answer the header; webhooks have their execution's id instead. */
export function identifyRequests(server: FastifyInstance): void {
  server.addHook('onRequest', (request, reply, done) => {
    if (!request.url.startsWith('/api/webhooks/')) void reply.header(HEADER, newId('req'));
    done();
  });
}

export function requestIdOf(reply: FastifyReply): string {
  return String(reply.getHeader(HEADER) ?? '');
}
