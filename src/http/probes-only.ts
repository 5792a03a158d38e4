import type { FastifyInstance } from 'fastify';
import { errorOf, sendError } from './error-answer.ts';

/** By the route that was found and not by the URL: there is one way to write these. */
const probes: ReadonlySet<string | undefined> = new Set(['/health/live', '/health/ready', '/metrics']);

/** For a process without the role `http`: who watches it is answered, and nobody else, whatever a plugin adds. */
export function answerProbesOnly(server: FastifyInstance): void {
  server.addHook('onRequest', (request, reply, done) => {
    if (probes.has(request.routeOptions.url)) done();
    else sendError(reply, errorOf({ statusCode: 404 }));
  });
}
