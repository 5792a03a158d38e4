import type { FastifyInstance } from 'fastify';
import { announcesTooMuch, mayGoOnForLong, readStream } from './read-body.ts';

/** In Fastify's terms, as `errorOf` knows them. */
class BodyTooLarge extends Error {
  readonly statusCode = 413;
  /** Fastify ends a connection whose body it could not read; Node reads what is left of a short one when the answer is out. */
  readonly keepsConnection: boolean;

  constructor(keepsConnection: boolean) {
    super('The body is too large');
    this.keepsConnection = keepsConnection;
  }
}

/** Whether an answer to this failure leaves its connection open. */
export function keepsConnection(failure: unknown): boolean {
  return failure instanceof BodyTooLarge && failure.keepsConnection;
}

/** Bodies arrive as bytes everywhere: signatures are made over bytes, and duplicate names are gone after parsing. */
export function acceptRawBodies(server: FastifyInstance, limitBytes: number): void {
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('*', (request, stream, done) => {
    const tooLarge = () => new BodyTooLarge(!mayGoOnForLong(request.raw, limitBytes));
    if (announcesTooMuch(request.raw, limitBytes)) done(tooLarge());
    else
      readStream(stream, limitBytes, {
        done: (body) => done(null, body),
        refuse: (error) => done(error.kind === 'too-large' ? tooLarge() : error),
      });
  });
}

/** The bytes of a request's body; none where it had no body. */
export function rawBodyOf(request: { body?: unknown }): Buffer {
  return Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
}
