import type { IncomingMessage } from 'node:http';
import { pipeline, type Readable, type Transform } from 'node:stream';
import { constants, createGunzip, createInflate } from 'node:zlib';

/** The kept beginning of a response body, after decompression. */
interface ResponseBody {
  body: Buffer;
  bodyTruncated: boolean;
  /** True when `content-encoding` was undone, so that it and `content-length` no longer describe the body. */
  isDecoded: boolean;
}

/** A record is worth more than its last bytes: a compressed body that ends early, or is empty, gives what it has. */
const forgiving = { finishFlush: constants.Z_SYNC_FLUSH };

/**
 * What we ask for and undo. Not br and zstd: their headers may claim windows of 16 and 128 MiB, which a hostile answer
 * would make each exchange allocate; gzip needs 32 KiB.
 */
const decoders = new Map<string, () => Transform>([
  ['gzip', () => createGunzip(forgiving)],
  ['x-gzip', () => createGunzip(forgiving)],
  ['deflate', () => createInflate(forgiving)],
]);

/** Reads until the end or just past `bytesMax`, then closes the connection: no answer can make us hold or inflate more. */
export async function readResponseBody(incoming: IncomingMessage, bytesMax: number): Promise<ResponseBody> {
  const decoder = decoders.get((incoming.headers['content-encoding'] ?? '').trim().toLowerCase())?.();
  const source: Readable = decoder === undefined ? incoming : decoded(incoming, decoder);
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of source as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes > bytesMax) break;
    }
  } finally {
    if (!incoming.readableEnded) incoming.destroy();
  }
  return {
    body: Buffer.concat(chunks).subarray(0, bytesMax),
    bodyTruncated: bytes > bytesMax,
    isDecoded: decoder !== undefined,
  };
}

function decoded(incoming: IncomingMessage, decoder: Transform): Transform {
  // The error reaches whoever reads the decoder; the callback only keeps it from being thrown a second time.
  return pipeline(incoming, decoder, () => undefined);
}

/** Lower-case names to values; only `set-cookie` may be a list, since its values cannot be joined. */
export function headersReceived(
  incoming: IncomingMessage,
  isDecoded: boolean,
): Record<string, string | string[]> {
  const headers: Record<string, string | string[]> = {};
  for (const [name, value] of Object.entries(incoming.headers)) {
    if (value !== undefined) headers[name] = value;
  }
  if (isDecoded) {
    delete headers['content-encoding'];
    delete headers['content-length'];
  }
  return headers;
}
