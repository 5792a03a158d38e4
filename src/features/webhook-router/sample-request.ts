import { z } from 'zod';
import type { OpenedRequest } from '../executions/index.ts';
import type { WebHookConfigEntity } from '../webhook-configs/index.ts';
import { bytesOf } from './edited-request.rules.ts';
import { fieldsOf } from './incoming-call.ts';
import { fieldsInvalid } from './replay.errors.ts';
import { decoded } from './route-table.ts';

const texts = z.record(z.string(), z.union([z.string(), z.array(z.string())]));

/** A request as somebody writes it down to try a configuration with it. */
export const sampleRequest = z.strictObject({
  method: z.string().max(20).optional(),
  /** Path and query, as in the request line. */
  url: z.string().startsWith('/', 'must begin with /').max(8192).optional(),
  query: texts.optional(),
  headers: texts.optional(),
  params: z.record(z.string(), z.string()).optional(),
  body: z.unknown().optional(),
  bodyBase64: z.base64().optional(),
});

export type SampleRequest = z.output<typeof sampleRequest>;

/** Where nobody calls from. */
const NOBODY_IP = '127.0.0.1';

/** The call that a sample means: with the configuration's method, at its address by key, unless it says otherwise. @throws AppError 400 for a call that the configuration would not get. */
export function requestOfSample(
  sample: SampleRequest,
  config: Pick<WebHookConfigEntity, 'action' | 'key' | 'path'>,
): OpenedRequest {
  const { method = config.action, query = {} } = sample;
  const keyAddress = `/api/webhooks/dynamic/${config.key}`;
  const [path = '', ...inUrl] = (sample.url ?? keyAddress).split('?');
  if (method !== config.action)
    throw fieldsInvalid(`Request.method must be ${config.action}: the configuration answers no other`);
  const params = path === keyAddress ? {} : paramsIn(path, `/api${config.path}`);
  if (!params)
    throw fieldsInvalid(
      `Request.url must be an address of the configuration: ${keyAddress} or /api${config.path}`,
    );
  const pairs = new URLSearchParams(inUrl.join('?'));
  for (const [name, values] of Object.entries(query))
    for (const value of [values].flat()) pairs.append(name, value);
  const rawQuery = Object.keys(query).length > 0 ? pairs.toString() : inUrl.join('?');
  const headers = Object.fromEntries(
    Object.entries(sample.headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]),
  );
  const isJsonValue = sample.body !== undefined && typeof sample.body !== 'string';
  if (isJsonValue) headers['content-type'] ??= 'application/json';
  return {
    meta: {
      method,
      path,
      params: { ...params, ...sample.params },
      query: fieldsOf(pairs),
      headers,
      ip: NOBODY_IP,
    },
    body: bytesOf(sample),
    credentials: [],
    rawQuery: rawQuery === '' ? null : rawQuery,
  };
}

/** The values of a path's parameters; null where the path is another. */
function paramsIn(path: string, pattern: string): Record<string, string> | null {
  const segments = path.split('/');
  const wanted = pattern.split('/');
  const params: Record<string, string> = {};
  if (segments.length !== wanted.length) return null;
  for (const [index, segment] of segments.entries()) {
    const name = wanted[index]!;
    const value = decoded(segment);
    if (name.startsWith(':') && value) params[name.slice(1)] = value;
    else if (name !== value) return null;
  }
  return params;
}
