import { brotliDecompressSync, unzipSync } from 'node:zlib';
import { parseJson } from '../../platform/json-text.ts';
import { MASK, maskedJson, withoutCredentials } from '../../platform/masking.rules.ts';
import type { OpenedRequest } from './recorded-request.ts';

/** What a body may inflate to at most where it is looked through. */
const INFLATED_BYTES_MAX = 64 * 1_048_576;

/** A body as it may be shown: as it came where nobody can read a credential in it, in whichever way it is written there. */
export interface ShownBody {
  /** False: `text` is Base64. */
  isText: boolean;
  text: string;
}

export function shownBody(request: OpenedRequest): ShownBody {
  const { body, credentials } = request;
  const text = body.toString('utf8');
  if (body.includes(0) || !Buffer.from(text).equals(body))
    return { isText: false, text: hasWithin(request) ? MASK : body.toString('base64') };
  return { isText: true, text: maskedText(withoutCredentials(text, credentials), credentials) };
}

/** JSON may write a letter as \u0061 or / as \/, a form as %61: what stands behind that is masked too. */
function maskedText(text: string, credentials: readonly string[]): string {
  if (credentials.length === 0) return text;
  const value = jsonIn(text);
  if (value !== undefined)
    return isFound(JSON.stringify(value), credentials.map(inJson)) ? maskedJson(value, credentials) : text;
  if (!text.includes('%') && !text.includes('+')) return text;
  const pairs = [...new URLSearchParams(text)];
  if (!isFound(pairs.flat().join('\n'), credentials)) return text;
  return pairs
    .map((pair) => pair.map((part) => encodeURIComponent(withoutCredentials(part, credentials))).join('='))
    .join('&');
}

/** True where the bytes, or what they inflate to, hold a credential, or nobody can tell. */
function hasWithin({ body, credentials, meta }: OpenedRequest): boolean {
  if (credentials.length === 0) return false;
  if (isFound(body.toString('latin1'), credentials)) return true;
  const encoding = meta.headers['content-encoding'];
  if (encoding === undefined) return false;
  try {
    const inflate = encoding === 'br' ? brotliDecompressSync : unzipSync;
    const text = inflate(body, { maxOutputLength: INFLATED_BYTES_MAX }).toString('utf8');
    return maskedText(withoutCredentials(text, credentials), credentials) !== text;
  } catch {
    return true;
  }
}

function isFound(text: string, credentials: readonly string[]): boolean {
  return credentials.some((credential) => text.includes(credential));
}

function inJson(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

function jsonIn(text: string): unknown {
  try {
    return parseJson(text.replace(/^\uFEFF/, ''));
  } catch {
    return undefined;
  }
}
