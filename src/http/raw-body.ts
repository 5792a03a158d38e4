import type { FastifyInstance } from 'fastify';

/** Bodies arrive as bytes everywhere: signatures are made over bytes, and duplicate names are gone after parsing. */
export function acceptRawBodies(server: FastifyInstance): void {
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
}

/** The bytes of a request's body; none where it had no body. */
export function rawBodyOf(request: { body?: unknown }): Buffer {
  return Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
}
