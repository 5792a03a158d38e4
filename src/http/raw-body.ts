import type { FastifyInstance } from 'fastify';
import { announcesTooMuch, readStream } from './read-body.ts';

/** In Fastify's terms, as `errorOf` knows them. */
const tooLarge = Object.assign(new Error('The body is too large'), { statusCode: 413 });

/** Bodies arrive as bytes everywhere: signatures are made over bytes, and duplicate names are gone after parsing. */
export function acceptRawBodies(server: FastifyInstance, limitBytes: number): void {
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('*', (request, stream, done) => {
    if (announcesTooMuch(request.raw, limitBytes)) done(tooLarge);
    else
      readStream(stream, limitBytes, {
        done: (body) => done(null, body),
        refuse: (error) => done(error.kind === 'too-large' ? tooLarge : error),
      });
  });
}

/** The bytes of a request's body; none where it had no body. */
export function rawBodyOf(request: { body?: unknown }): Buffer {
  return Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
}
