/** The host functions that depend on no run: digests, texts and addresses. None of them throws. */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { BinaryToTextEncoding } from 'node:crypto';
import type { RealmHost, RunHost } from '../realm/host.ts';

const DIGEST_UNKNOWN = /digest|unsupported|invalid digest/i;

function bytesOf(data: string | Uint8Array): Uint8Array {
  return typeof data === 'string' ? Buffer.from(data, 'utf8') : data;
}

/** `=` and the value, or `!` and why not, because an exception would cross the border with a host stack. */
function guarded(make: () => string): string {
  try {
    return `=${make()}`;
  } catch (error) {
    const message = error instanceof Error ? error.message : 'Failed';
    return `!${message}`;
  }
}

function digestProblem(algorithm: string, make: () => string): string {
  const answer = guarded(make);
  const isUnknown = answer[0] === '!' && DIGEST_UNKNOWN.test(answer);
  return isUnknown ? `!Unknown digest algorithm: ${algorithm.slice(0, 64)}` : answer;
}

const PARTS = [
  'href',
  'origin',
  'protocol',
  'username',
  'password',
  'host',
  'hostname',
  'port',
  'pathname',
  'search',
  'hash',
] as const;

function partsOf(url: URL): string {
  return JSON.stringify(Object.fromEntries(PARTS.map((part) => [part, url[part]])));
}

function decodeUtf8(bytes: Uint8Array, isFatal: boolean, keepsBom: boolean): string {
  return new TextDecoder('utf-8', { fatal: isFatal, ignoreBOM: keepsBom }).decode(bytes);
}

/** A part of the host that is the same for every program. */
export const sharedHostFunctions: Omit<RealmHost, keyof RunHost> = {
  hmac: (algorithm, key, data, encoding) =>
    digestProblem(algorithm, () =>
      createHmac(algorithm, bytesOf(key))
        .update(bytesOf(data))
        .digest(encoding as BinaryToTextEncoding),
    ),
  hash: (algorithm, data, encoding) =>
    digestProblem(algorithm, () =>
      createHash(algorithm)
        .update(bytesOf(data))
        .digest(encoding as BinaryToTextEncoding),
    ),
  timingSafeEqual: (left, right) => {
    const [leftBytes, rightBytes] = [bytesOf(left), bytesOf(right)];
    return leftBytes.length === rightBytes.length && timingSafeEqual(leftBytes, rightBytes);
  },
  atob: (text) => guarded(() => atob(text)),
  btoa: (text) => guarded(() => btoa(text)),
  utf8Encode: (text) => new Uint8Array(new TextEncoder().encode(text)),
  utf8Decode: (bytes, isFatal, keepsBom) =>
    guarded(() => decodeUtf8(bytes, isFatal, keepsBom)).replace(/^!.*/s, '!The bytes are not valid UTF-8'),
  urlParse: (input, base) => {
    const url = URL.parse(input, base);
    return url === null ? '' : partsOf(url);
  },
  urlSet: (href, part, value) => {
    const url = new URL(href);
    if (part !== 'origin' && PARTS.includes(part as (typeof PARTS)[number])) url[part as 'hash'] = value;
    return partsOf(url);
  },
};
