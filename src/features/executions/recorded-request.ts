import type { ConfigSnapshot } from '../webhook-configs/index.ts';
import { isSecretName, MASK, withoutCredentials } from '../../platform/masking.rules.ts';

/** The exact request as it came: what a script sees as `context`, and the bytes of the body. */
export interface RecordedRequest {
  /** JSON text of `{method, path, params, query, headers, ip}`. */
  metaJson: string;
  /** As received: before inflating. */
  body: Buffer;
  /** Values beside those of credential headers that nobody may read: what proved the call, and with what. */
  credentials: readonly string[];
  /** The query as it stands in the request line: some senders sign it. */
  rawQuery: string | null;
  /** Of a replay. */
  terms: ReplayTerms | null;
  /** Null where nothing was to be proven. */
  verdict: RecordedVerdict | null;
}

/** Whether a call was proven to come from its sender; if not, why. */
export interface RecordedVerdict {
  isVerified: boolean;
  reason: string | null;
}

/** How a replay differs from what was called. */
export interface ReplayTerms {
  /** Who asked for it. */
  startedBy: string;
  /** How many runs have started one another up to the one that asked for it; 0: no run did. */
  depth: number;
  /** What it runs: the configuration as it was when the replay was asked for, its draft, or one sent along. */
  runs: 'saved' | 'draft' | 'unsaved';
  /** Who wrote its body, also where that was done in the replay that it repeats; null: the sender of the call. */
  bodyBy: string | null;
  /** What it runs, where that is no version of the configuration, and who wrote it. */
  content: { snapshot: ConfigSnapshot; ownerId: string } | null;
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

/** A request read back. */
export interface OpenedRequest {
  meta: RequestMeta;
  body: Buffer;
  /** All that nobody may read, the longest first. */
  credentials: readonly string[];
  rawQuery: string | null;
}

export function openRequest(
  metaJson: Buffer,
  body: Buffer,
  { credentials, rawQuery }: { credentials: string | null; rawQuery: string | null },
): OpenedRequest {
  const meta = JSON.parse(metaJson.toString('utf8')) as RequestMeta;
  const own = JSON.parse(credentials ?? '[]') as string[];
  return { meta, body, credentials: credentialsOf(meta, own), rawQuery };
}

/** Those fields of a JSON object that a command was given; `__proto__` is a name like any other. */
export function takenFields(body: object, names: readonly string[]): Record<string, unknown> {
  const taken: Record<string, unknown> = {};
  for (const name of names) {
    if (!Object.hasOwn(body, name) || name === '$type') continue;
    const value = (body as Record<string, unknown>)[name];
    if (name !== '__proto__') taken[name] = value;
    else Object.defineProperty(taken, name, { value, enumerable: true, configurable: true });
  }
  return taken;
}

/** Short values (`1`, `on`) would blot out half of what is shown. */
const CREDENTIAL_LENGTH_MIN = 6;

/** Values of a request that nobody may read later: those of headers and query parameters with a credential's name, and its own. */
export function credentialsOf(
  meta: Pick<RequestMeta, 'headers' | 'query'>,
  own: readonly string[] = [],
): string[] {
  const values = [...new Set(own)];
  addCredentials(values, meta.headers);
  addCredentials(values, meta.query);
  if (values.length === 0) return values;
  // As JSON writes them too: texts that hold JSON are cleaned as they are.
  const escaped = values
    .map((value) => JSON.stringify(value).slice(1, -1))
    .filter((text) => !values.includes(text));
  // The longest first: what is left of one after a part of it was masked would not be found any more.
  return [...values, ...escaped]
    .filter((value) => value.length >= CREDENTIAL_LENGTH_MIN)
    .sort((a, b) => b.length - a.length);
}

function addCredentials(values: string[], fields: RequestMeta['headers']): void {
  for (const name in fields) {
    if (!isSecretName(name)) continue;
    for (const value of [fields[name]!].flat()) values.push(value, ...partsOf(name, value));
  }
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
export function maskedMeta({ meta, credentials }: OpenedRequest): RequestMeta {
  const clean = (value: string) => withoutCredentials(value, credentials);
  const masked = (fields: RequestMeta['headers']) =>
    Object.fromEntries(
      Object.entries(fields).map(([name, value]) => [
        name,
        isSecretName(name) ? MASK : Array.isArray(value) ? value.map(clean) : clean(value),
      ]),
    );
  return { ...meta, headers: masked(meta.headers), query: masked(meta.query) };
}
