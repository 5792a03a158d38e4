import { contentCoding, inflaterOf } from '../../platform/content-encoding.ts';
import { nestsDeeperThan } from '../../platform/json-guard.rules.ts';
import { parseJson } from '../../platform/json-text.ts';
import { MASK, maskedJson, withoutCredentials } from '../../platform/masking.rules.ts';
import type { OpenedRequest } from './recorded-request.ts';

/** What a body may inflate to at most where it is looked through. */
const INFLATED_BYTES_MAX = 64 * 1_048_576;

/** What is nested deeper is not taken apart: masking goes down level by level. */
const DEPTH_MAX = 64;

/** A body as it may be shown: as it came where nobody can read a credential in it, in whichever way it is written there. */
export interface ShownBody {
  /** False: `text` is Base64. */
  isText: boolean;
  text: string;
}

export async function shownBody(request: OpenedRequest): Promise<ShownBody> {
  const { body, credentials } = request;
  const text = body.toString('utf8');
  if (body.includes(0) || !Buffer.from(text).equals(body))
    return { isText: false, text: (await hasWithin(request)) ? MASK : body.toString('base64') };
  return { isText: true, text: clean(text, credentials) };
}

function clean(text: string, credentials: readonly string[]): string {
  return credentials.length === 0
    ? text
    : maskedAsWritten(withoutCredentials(text, credentials), credentials);
}

/** JSON may write a letter as \u0061 or / as \/, a form as %61: what stands behind that is masked too. */
function maskedAsWritten(text: string, credentials: readonly string[]): string {
  // Too deep to be read by anybody here: with an escape in it nobody can tell.
  if (nestsDeeperThan(Buffer.from(text), DEPTH_MAX)) return /[\\%+]/.test(text) ? MASK : text;
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
async function hasWithin({ body, credentials, meta }: OpenedRequest): Promise<boolean> {
  if (credentials.length === 0) return false;
  if (isFound(body.toString('latin1'), credentials)) return true;
  const coding = contentCoding(meta.headers['content-encoding']);
  if (coding === 'identity') return false;
  try {
    const bytes = await inflaterOf(coding)!(body, { maxOutputLength: INFLATED_BYTES_MAX });
    const text = bytes.toString('utf8');
    return clean(text, credentials) !== text;
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
