import { isSecretName, MASK } from '../../platform/masking.rules.ts';
import type { Sealer } from '../../platform/sealing.ts';

/** The exact request as it came: what a script sees as `context`, and the bytes of the body. */
export interface RecordedRequest {
  /** JSON text of `{method, path, params, query, headers, ip}`. */
  metaJson: string;
  /** As received: before inflating. */
  body: Buffer;
}

/** The parts of a request beside its body. */
export interface RequestMeta {
  method: string;
  path: string;
  params: Record<string, string>;
  query: Record<string, string | string[]>;
  headers: Record<string, string | string[]>;
  ip: string;
}

/** Encrypts a request for keeping: the length of the meta text (4 bytes), the meta text, the body. */
export function sealRequest(sealer: Sealer, { metaJson, body }: RecordedRequest): Buffer {
  const metaBytes = Buffer.byteLength(metaJson);
  const plain = Buffer.allocUnsafe(4 + metaBytes + body.length);
  plain.writeUInt32BE(metaBytes);
  plain.write(metaJson, 4);
  body.copy(plain, 4 + metaBytes);
  return sealer.seal(plain);
}

export function openRequest(sealer: Sealer, sealed: Buffer): { meta: RequestMeta; body: Buffer } {
  const plain = sealer.open(sealed);
  const bodyAt = 4 + plain.readUInt32BE(0);
  return { meta: JSON.parse(plain.toString('utf8', 4, bodyAt)) as RequestMeta, body: plain.subarray(bodyAt) };
}

/** Short values (`1`, `on`) would blot out half of what is shown. */
const CREDENTIAL_LENGTH_MIN = 6;

/** Values of a request that nobody may read later: those of headers and query parameters with a credential's name. */
export function credentialsOf(meta: Pick<RequestMeta, 'headers' | 'query'>): string[] {
  const values: string[] = [];
  for (const fields of [meta.headers, meta.query]) {
    for (const name of Object.keys(fields)) {
      if (isSecretName(name))
        for (const value of [fields[name]!].flat()) values.push(value, ...partsOf(name, value));
    }
  }
  // As JSON writes them too: texts that hold JSON are cleaned as they are.
  const escaped = values
    .map((value) => JSON.stringify(value).slice(1, -1))
    .filter((text) => !values.includes(text));
  // The longest first: what is left of one after a part of it was masked would not be found any more.
  return [...values, ...escaped]
    .filter((value) => value.length >= CREDENTIAL_LENGTH_MIN)
    .sort((a, b) => b.length - a.length);
}

/** What a script may take out of a credential: the token after its scheme, Basic's password, each cookie's value. */
function partsOf(name: string, value: string): string[] {
  if (name === 'cookie') return value.split(';').map((pair) => pair.slice(pair.indexOf('=') + 1).trim());
  const [, scheme, token] = /^([A-Za-z][\w-]*) +(\S.*)$/.exec(value) ?? [];
  if (scheme === undefined || token === undefined) return [];
  if (scheme.toLowerCase() !== 'basic') return [token];
  const pair = Buffer.from(token, 'base64').toString('utf8');
  return [token, pair, pair.slice(pair.indexOf(':') + 1)];
}

/** A request as it is shown: credential headers and parameters masked. */
export function maskedMeta(meta: RequestMeta): RequestMeta {
  return { ...meta, headers: masked(meta.headers), query: masked(meta.query) };
}

function masked<Value>(fields: Record<string, Value>): Record<string, Value | string> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [name, isSecretName(name) ? MASK : value]),
  );
}
