/** Content codings of HTTP (RFC 9110 §8.4.1) that we read. */
import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate } from 'node:zlib';

/** Inflates a body, up to a limit; rejects with ERR_BUFFER_TOO_LARGE beyond it. */
export type Inflate = (bytes: Buffer, options: { maxOutputLength: number }) => Promise<Buffer>;

const inflaters: Readonly<Record<string, Inflate>> = {
  gzip: promisify(gunzip) as Inflate,
  'x-gzip': promisify(gunzip) as Inflate,
  deflate: promisify(inflate) as Inflate,
  br: promisify(brotliDecompress) as Inflate,
};

/** What a Content-Encoding header says; `identity`: nothing was done to the body. */
export function contentCoding(header: string | string[] | undefined): string {
  return (header === undefined ? '' : String(header)).trim().toLowerCase() || 'identity';
}

/** Undefined: nobody here can inflate it. */
export function inflaterOf(coding: string): Inflate | undefined {
  return Object.hasOwn(inflaters, coding) ? inflaters[coding] : undefined;
}
