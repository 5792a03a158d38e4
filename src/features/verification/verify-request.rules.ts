import {
  createHmac,
  createPublicKey,
  randomBytes,
  timingSafeEqual,
  verify as verifySignature,
} from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

/** A way of verifying with all its settings; presets are such ways with a name. */
export type VerifiedBy =
  | { kind: 'token'; in: 'header' | 'query' | 'body'; name: string; prefix: string }
  | { kind: 'basic'; username: string }
  | HmacSettings
  | { kind: 'standard-webhooks' };

interface HmacSettings {
  kind: 'hmac';
  /** The header of the signature, in lower case. */
  name: string;
  algorithm: 'sha1' | 'sha256' | 'sha384' | 'sha512';
  encoding: 'hex' | 'base64' | 'any';
  prefix: string;
  isPrefixOptional?: boolean;
  /** A text with {body} {timestamp} {id} {url} {method}, and {sortedForm} for Twilio. */
  signedContent: string;
  timestampHeader?: string | undefined;
  idHeader?: string | undefined;
  /** The header is a list of `name=value`, one of which is the time and some the signatures. */
  pairs?: { timestamp: string; signature: string };
  toleranceSeconds: number;
}

/** A request as it was received, for whoever has to prove that it is the sender's. */
export interface ReceivedRequest {
  method: string;
  /** As in the request line. */
  url: string;
  /** The whole URL as its sender knows it; null where we do not know how the outside reaches us. */
  publicUrl: string | null;
  headers: IncomingHttpHeaders;
  /** The bytes as received. */
  body: Buffer;
  /** The body's fields, where a way of verifying looks at them: JSON object or form. */
  bodyField?(name: string): unknown;
}

export interface Verdict {
  isVerified: boolean;
  /** Why not, for those who may read the configuration; never for the caller. */
  reason: string | null;
  /** What the caller presented: a credential that nobody may read later. */
  presented: string[];
}

const verified = (presented: string[]): Verdict => ({ isVerified: true, reason: null, presented });
const refused = (reason: string, presented: string[] = []): Verdict => ({
  isVerified: false,
  reason,
  presented,
});

/** Decides whether one of the secrets proves the request. Compares in constant time; an empty secret proves nothing. */
export function verifyRequest(
  way: VerifiedBy,
  secrets: readonly string[],
  request: ReceivedRequest,
  nowMs: number,
): Verdict {
  const usable = secrets.filter((secret) => secret !== '');
  if (usable.length === 0) return refused('There is no secret to verify with');
  switch (way.kind) {
    case 'token':
      return verifyToken(way, usable, request);
    case 'basic':
      return verifyBasic(way.username, usable, request.headers.authorization);
    case 'hmac':
      return verifyHmac(way, usable, request, nowMs);
    case 'standard-webhooks':
      return verifyStandard(usable, request, nowMs);
  }
}

function verifyToken(
  way: Extract<VerifiedBy, { kind: 'token' }>,
  secrets: readonly string[],
  request: ReceivedRequest,
): Verdict {
  const place = { header: 'header', query: 'query parameter', body: 'body field' }[way.in];
  const value = tokenIn(way, request);
  if (value === undefined || value === '') return refused(`There is no ${place} ${way.name}`);
  if (typeof value !== 'string') return refused(`The ${place} ${way.name} is not one text`);
  if (!value.startsWith(way.prefix))
    return refused(`The ${place} ${way.name} does not begin with "${way.prefix}"`, [value]);
  const given = value.slice(way.prefix.length);
  return secrets.some((secret) => isSame(given, secret))
    ? verified([value, given])
    : refused(`The ${place} ${way.name} holds another value than the secret`, [value, given]);
}

function tokenIn(way: Extract<VerifiedBy, { kind: 'token' }>, request: ReceivedRequest): unknown {
  if (way.in === 'header') return request.headers[way.name.toLowerCase()];
  if (way.in === 'body') return request.bodyField?.(way.name);
  const all = new URLSearchParams(request.url.split('?', 2)[1] ?? '').getAll(way.name);
  return all.length > 1 ? all : all[0];
}

function verifyBasic(username: string, secrets: readonly string[], header: string | undefined): Verdict {
  const [, text] = /^Basic +([A-Za-z0-9+/]+=*)$/i.exec(header ?? '') ?? [];
  if (text === undefined || Buffer.from(text, 'base64').toString('base64') !== text)
    return refused('There is no Authorization header with Basic credentials');
  const pair = Buffer.from(text, 'base64').toString('utf8');
  const presented = [header!, text, pair, pair.slice(pair.indexOf(':') + 1)];
  // Both are compared whatever the first says: the time tells nothing of which was wrong.
  const isRight = secrets.map((secret) => isSame(pair, `${username}:${secret}`)).includes(true);
  return isRight ? verified(presented) : refused('The user name or the password is wrong', presented);
}

function verifyHmac(
  way: HmacSettings,
  secrets: readonly string[],
  request: ReceivedRequest,
  nowMs: number,
): Verdict {
  const header = request.headers[way.name];
  if (typeof header !== 'string' || header === '') return refused(`There is no header ${way.name}`);
  const { signatures, timestamp } = signaturesIn(way, header, request);
  const presented = [header, ...signatures];
  if (signatures.length === 0) {
    const form = way.pairs ? `${way.pairs.signature}=…` : `"${way.prefix}"`;
    return refused(`The header ${way.name} has no signature behind ${form}`, presented);
  }
  const timeFault = way.signedContent.includes('{timestamp}')
    ? timestampFault(timestamp, way.toleranceSeconds, nowMs)
    : null;
  if (timeFault !== null) return refused(timeFault, presented);
  const content = contentOf(way, request, timestamp);
  if (typeof content === 'string') return refused(content, presented);
  const digests = signatures
    .map((signature) => decoded(signature, way.encoding, digestBytes[way.algorithm]))
    .filter((digest) => digest !== null);
  if (digests.length === 0)
    return refused(`The signature is not ${way.algorithm} in ${encodingName(way.encoding)}`, presented);
  const isRight = secrets.some((secret) => {
    const hmac = createHmac(way.algorithm, secret);
    for (const part of content) hmac.update(part);
    const expected = hmac.digest();
    return digests.some((digest) => timingSafeEqual(digest, expected));
  });
  return isRight
    ? verified(presented)
    : refused(
        'The signature does not fit the request: another secret, or other bytes than were signed',
        presented,
      );
}

const digestBytes = { sha1: 20, sha256: 32, sha384: 48, sha512: 64 } as const;

function encodingName(encoding: HmacSettings['encoding']): string {
  return { hex: 'hex', base64: 'Base64', any: 'hex or Base64' }[encoding];
}

function signaturesIn(
  way: HmacSettings,
  header: string,
  request: ReceivedRequest,
): { signatures: string[]; timestamp: string | undefined } {
  const { pairs } = way;
  if (pairs) {
    const list = header.split(',').map((pair) => pair.trim().split('='));
    return {
      signatures: list.filter(([name]) => name === pairs.signature).map((pair) => pair.slice(1).join('=')),
      timestamp: list.find(([name]) => name === pairs.timestamp)?.[1],
    };
  }
  const given = way.timestampHeader === undefined ? undefined : request.headers[way.timestampHeader];
  const timestamp = typeof given === 'string' ? given : undefined;
  if (header.startsWith(way.prefix)) return { signatures: [header.slice(way.prefix.length)], timestamp };
  return { signatures: way.isPrefixOptional ? [header] : [], timestamp };
}

/** The bytes that were signed, in parts; a text says why there are none. */
function contentOf(
  way: HmacSettings,
  request: ReceivedRequest,
  timestamp: string | undefined,
): (string | Buffer)[] | string {
  if (way.signedContent.includes('{url}') && request.publicUrl === null)
    return 'PUBLIC_URL is not set: what URL the sender signed is not known';
  const id = way.idHeader === undefined ? undefined : request.headers[way.idHeader];
  if (way.signedContent.includes('{id}') && typeof id !== 'string')
    return `There is no header ${way.idHeader}`;
  const values: Readonly<Record<string, string | Buffer>> = {
    '{body}': request.body,
    '{timestamp}': timestamp ?? '',
    '{id}': String(id),
    '{url}': request.publicUrl ?? '',
    '{method}': request.method,
    '{sortedForm}': way.signedContent.includes('{sortedForm}') ? sortedForm(request) : '',
  };
  return way.signedContent.split(/(\{\w+\})/).map((part) => values[part] ?? part);
}

/** Twilio signs a form's fields in the order of their names, each name followed by its value; of any other body nothing. */
function sortedForm({ headers, body }: ReceivedRequest): string {
  if (!/^application\/x-www-form-urlencoded\b/i.test(headers['content-type'] ?? '')) return '';
  const fields = [...new Set([...new URLSearchParams(body.toString('utf8'))].map((pair) => pair.join('')))];
  return fields.sort((a, b) => (a < b ? -1 : 1)).join('');
}

function timestampFault(
  timestamp: string | undefined,
  toleranceSeconds: number,
  nowMs: number,
): string | null {
  if (timestamp === undefined) return 'There is no timestamp';
  if (!/^\d{1,13}$/.test(timestamp)) return 'The timestamp is not a number of seconds since 1970';
  // Some senders count milliseconds: no date of this century has so many seconds.
  const seconds = timestamp.length > 11 ? Number(timestamp) / 1000 : Number(timestamp);
  const off = nowMs / 1000 - seconds;
  if (Math.abs(off) <= toleranceSeconds) return null;
  return `The timestamp is ${Math.round(Math.abs(off))} s ${off > 0 ? 'old' : 'ahead'}: more than ${toleranceSeconds} s`;
}

/** The bytes of an encoded digest, or null: decoders forgive, and what they forgive is no signature. */
function decoded(text: string, encoding: HmacSettings['encoding'], bytes: number): Buffer | null {
  if (encoding !== 'base64' && text.length === bytes * 2 && /^[0-9a-f]+$/i.test(text))
    return Buffer.from(text, 'hex');
  if (encoding === 'hex') return null;
  const digest = Buffer.from(text, 'base64');
  return digest.length === bytes && digest.toString('base64') === text ? digest : null;
}

const ED25519_SPKI_HEAD = Buffer.from('302a300506032b6570032100', 'hex');
const STANDARD_TOLERANCE_SECONDS = 300;

/** Standard Webhooks 1.0.0: `v1` is HMAC-SHA256, `v1a` ed25519, both over `id.timestamp.body`. */
function verifyStandard(secrets: readonly string[], request: ReceivedRequest, nowMs: number): Verdict {
  const { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': header } = request.headers;
  if (typeof id !== 'string' || id === '') return refused('There is no header webhook-id');
  if (typeof header !== 'string' || header === '') return refused('There is no header webhook-signature');
  const presented = [header, ...header.split(' ')];
  const timeFault = timestampFault(
    typeof timestamp === 'string' ? timestamp : undefined,
    STANDARD_TOLERANCE_SECONDS,
    nowMs,
  );
  if (timeFault !== null) return refused(timeFault, presented);
  const content = Buffer.concat([Buffer.from(`${id}.${String(timestamp)}.`), request.body]);
  const isRight = header.split(' ').some((signature) => {
    const [version, text = ''] = signature.split(',', 2);
    return secrets.some((secret) => isStandardSignature({ version, text }, secret, content));
  });
  return isRight
    ? verified(presented)
    : refused('No signature fits the request: another secret, or other bytes than were signed', presented);
}

function isStandardSignature(
  { version, text }: { version: string | undefined; text: string },
  secret: string,
  content: Buffer,
): boolean {
  const isPublicKey = secret.startsWith('whpk_');
  const keyText = secret.replace(/^wh(sec|pk)_/, '');
  const key = Buffer.from(keyText, 'base64');
  if (key.length === 0 || key.toString('base64') !== keyText) return false;
  if (version === 'v1' && !isPublicKey) {
    const digest = decoded(text, 'base64', digestBytes.sha256);
    return digest !== null && timingSafeEqual(digest, createHmac('sha256', key).update(content).digest());
  }
  if (version !== 'v1a' || !isPublicKey) return false;
  const signature = decoded(text, 'base64', 64);
  const spki = { key: Buffer.concat([ED25519_SPKI_HEAD, key]), format: 'der', type: 'spki' } as const;
  return signature !== null && verifySignature(null, content, createPublicKey(spki), signature);
}

/** Equal length or not, the same time: both are hashed with a key that nobody knows. */
function isSame(a: string, b: string): boolean {
  return timingSafeEqual(comparable(a), comparable(b));
}

const comparisonKey = randomBytes(32);

function comparable(text: string): Buffer {
  return createHmac('sha256', comparisonKey).update(text).digest();
}
