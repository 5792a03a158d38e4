import { isUtf8 } from 'node:buffer';
import type { IncomingHttpHeaders } from 'node:http';
import { contentCoding, inflaterOf } from '../../platform/content-encoding.ts';
import { AppError } from '../../platform/errors.ts';
import { nestsDeeperThan } from '../../platform/json-guard.rules.ts';
import { parseJson, withPlainNames } from '../../platform/json-text.ts';
import { fieldsOf } from './incoming-call.ts';
import type { ScriptBodyKind } from '../../engines/script/index.ts';

/** Objects and arrays within each other; what real senders send stays under 20. */
export const BODY_DEPTH_MAX = 64;

/** UTF-8's byte order mark: EF BB BF. In valid UTF-8 JSON nothing else begins with its first byte. */
const BOM_FIRST_BYTE = 0xef;
const BOM_BYTES = 3;

/** A body, inflated, and what it is. */
export interface RequestBody {
  kind: ScriptBodyKind;
  bytes: Buffer;
  /** The bytes as received, where they differ (they were compressed, say). */
  received: Buffer | null;
}

/**
 * At once where the body is not compressed. @throws AppError 400, 413 or 415 with the reason; JSON is checked for its depth and
 * encoding but not parsed.
 */
export function readRequestBody(
  headers: IncomingHttpHeaders,
  received: Buffer,
  limitBytes: number,
): RequestBody | Promise<RequestBody> {
  const coding = contentCoding(headers['content-encoding']);
  if (coding === 'identity' || received.length === 0) return plainBody(headers, received, received);
  return inflated(coding, received, limitBytes).then((bytes) => plainBody(headers, received, bytes));
}

function plainBody(headers: IncomingHttpHeaders, received: Buffer, bytes: Buffer): RequestBody {
  const kind = bytes.length === 0 ? 'none' : kindOf(headers['content-type'], bytes);
  if (kind !== 'none' && kind !== 'base64' && !isUtf8(bytes)) throw malformed('The body is not valid UTF-8');
  if (kind === 'json' && nestsDeeperThan(bytes, BODY_DEPTH_MAX)) {
    throw malformed(`The body nests deeper than ${BODY_DEPTH_MAX} levels`);
  }
  const readable = kind === 'json' ? withPlainNames(bytes) : bytes;
  return { kind, bytes: readable, received: readable === received ? null : received };
}

/** The JSON body as a value. @throws AppError 400. */
export function parsedJson({ bytes }: Pick<RequestBody, 'bytes'>): unknown {
  try {
    return parseJson(textOf(bytes));
  } catch {
    throw malformed('The body is not valid JSON');
  }
}

/** The form's fields; repeated names give arrays. */
export function parsedForm({ bytes }: RequestBody): Record<string, string | string[]> {
  return fieldsOf(new URLSearchParams(textOf(bytes)));
}

/** The body as the JSON text of what expressions see; JSON is not parsed, so it may not be any. */
export function bodyJson(body: RequestBody): Buffer {
  const { kind, bytes } = body;
  if (kind === 'json') return bytes[0] === BOM_FIRST_BYTE ? bytes.subarray(BOM_BYTES) : bytes;
  const value = kind === 'form' ? parsedForm(body) : kind === 'text' ? textOf(bytes) : null;
  return Buffer.from(JSON.stringify(value));
}

function textOf(bytes: Buffer): string {
  return bytes.toString('utf8', bytes[0] === BOM_FIRST_BYTE ? BOM_BYTES : 0);
}

/** The body cannot be read as what it says it is. */
export function malformed(detail: string): AppError {
  return new AppError({ code: 'webhook.malformed-body', kind: 'invalid', details: [detail] });
}

/** The body is over the limit, as it came or inflated. */
export function tooLarge(limitBytes: number): AppError {
  return new AppError({
    code: 'webhook.body-too-large',
    kind: 'too-large',
    details: [`The body is larger than ${limitBytes} bytes`],
  });
}

async function inflated(coding: string, received: Buffer, limitBytes: number): Promise<Buffer> {
  const inflater = inflaterOf(coding);
  if (!inflater) {
    throw new AppError({
      code: 'webhook.unsupported-encoding',
      kind: 'unsupported-media',
      details: [
        `The content encoding "${coding.slice(0, 50)}" is not supported: send gzip, deflate, br or none`,
      ],
    });
  }
  try {
    return await inflater(received, { maxOutputLength: limitBytes });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(limitBytes);
    throw malformed(`The body is not valid ${coding}`);
  }
}

function kindOf(contentType: string | undefined, bytes: Buffer): ScriptBodyKind {
  if (contentType === undefined || contentType.trim() === '') return parses(bytes) ? 'json' : 'text';
  // The first form is nearly every call; the rest need not be fast.
  if (contentType === 'application/json') return 'json';
  const mediaType = contentType.split(';', 1)[0]!.trim().toLowerCase();
  if (mediaType === 'application/json' || mediaType.endsWith('+json')) return 'json';
  if (mediaType === 'application/x-www-form-urlencoded') return 'form';
  if (mediaType.startsWith('text/') || mediaType === 'application/xml' || mediaType.endsWith('+xml'))
    return 'text';
  return 'base64';
}

function parses(bytes: Buffer): boolean {
  if (!isUtf8(bytes) || nestsDeeperThan(bytes, BODY_DEPTH_MAX)) return false;
  try {
    parseJson(textOf(bytes));
    return true;
  } catch {
    return false;
  }
}
