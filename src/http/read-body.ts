import type { IncomingMessage } from 'node:http';
import { malformed, tooLarge } from '../features/webhook-router/index.ts';
import type { AppError } from '../platform/errors.ts';

const noBytes = Buffer.alloc(0);

/** Who reads a body: exactly one of the two is called, once. */
export interface BodyReader {
  done(body: Buffer): void;
  /** It is too large, or broke off. */
  refuse(error: AppError): void;
}

/** Reads a body as bytes, up to a limit. */
export function readBody(request: IncomingMessage, limitBytes: number, reader: BodyReader): void {
  let first: Buffer = noBytes;
  let rest: Buffer[] | null = null;
  let bytes = 0;
  let isOver = false;
  request.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (isOver) return;
    if (bytes > limitBytes) {
      isOver = true;
      rest = null;
      reader.refuse(tooLarge(limitBytes));
    } else if (first === noBytes) first = chunk;
    else if (rest === null) rest = [first, chunk];
    else rest.push(chunk);
  });
  request.on('end', () => {
    if (isOver) return;
    // Whoever hangs up from now on has made his call: it is run and recorded once.
    isOver = true;
    reader.done(rest === null ? first : Buffer.concat(rest, bytes));
  });
  // Whoever breaks off before the end of his body has made no call; his body may also be no HTTP.
  request.on('error', () => {
    if (!isOver) reader.refuse(malformed('The body broke off'));
    isOver = true;
  });
}
