import type { IncomingHttpHeaders } from 'node:http';
import type { OpenedRequest, RequestMeta } from '../executions/index.ts';
import { newId } from '../../platform/ids.ts';
import { type AddressRules, clientAddress } from '../../platform/network-addresses.ts';
import type { WebHookRoute } from './webhook-route.ts';

/** One HTTP call at a webhook's address, before its body is read. */
export interface IncomingCall {
  method: string;
  /** As in the request line. */
  url: string;
  headers: IncomingHttpHeaders;
  /** The socket's other end. */
  peer: string;
}

/** A call that belongs to a configuration. */
export interface AdmittedCall {
  id: string;
  call: IncomingCall;
  route: WebHookRoute;
  params: Record<string, string>;
  /** The client's address, or null where X-Forwarded-For cannot be read. */
  ip: string | null;
  /** Milliseconds since 1970. */
  receivedAt: number;
  /** `performance.now()` at the same moment: durations do not jump with the clock. */
  startedAt: number;
}

/** A call with a recorded request, received now. */
export function calledNow(
  { meta, rawQuery }: Pick<OpenedRequest, 'meta' | 'rawQuery'>,
  { route, prefix, receivedAt }: { route: WebHookRoute; prefix: 'exe' | 'tst'; receivedAt: number },
): AdmittedCall {
  return {
    id: newId(prefix, receivedAt),
    route,
    call: callOfRecord({ meta, rawQuery }),
    params: meta.params,
    ip: meta.ip,
    receivedAt,
    startedAt: performance.now(),
  };
}

/** The call of a request that was recorded. */
export function callOfRecord({ meta, rawQuery }: Pick<OpenedRequest, 'meta' | 'rawQuery'>): IncomingCall {
  return {
    method: meta.method,
    url: rawQuery === null ? meta.path : `${meta.path}?${rawQuery}`,
    headers: meta.headers,
    peer: meta.ip,
  };
}

/** Where the call comes from, as far as our proxies can be trusted. */
export function ipOf(call: IncomingCall, trustedProxies: AddressRules): string | null {
  if (!trustedProxies.isEmpty) return addressOf(call, call.headers['x-forwarded-for'], trustedProxies);
  let known = peerAddresses.get(call.peer);
  if (known === undefined) {
    if (peerAddresses.size >= PEERS_MAX) peerAddresses.clear();
    known = addressOf(call, undefined, trustedProxies);
    peerAddresses.set(call.peer, known);
  }
  return known;
}

/** Reading an address costs 2 µs, and the same peers call again and again. */
const peerAddresses = new Map<string, string | null>();
const PEERS_MAX = 1_000;

function addressOf(
  { peer }: IncomingCall,
  forwardedFor: string | string[] | undefined,
  trustedProxies: AddressRules,
): string | null {
  const found = clientAddress(peer, forwardedFor, trustedProxies);
  return 'address' in found ? found.address : null;
}

/** The invocation beside its body (contract §1): path as called, repeated query names as arrays, header names in lower case. */
export function metaOf({ call, params, ip }: AdmittedCall): RequestMeta {
  const queryAt = call.url.indexOf('?');
  return {
    method: call.method,
    path: queryAt === -1 ? call.url : call.url.slice(0, queryAt),
    params,
    query: queryAt === -1 ? {} : fieldsOf(new URLSearchParams(call.url.slice(queryAt + 1))),
    headers: call.headers as RequestMeta['headers'],
    ip: ip ?? call.peer,
  };
}

/** Names and values as an object without a prototype to collide with; repeated names give arrays. */
export function fieldsOf(pairs: URLSearchParams): Record<string, string | string[]> {
  const fields: Record<string, string | string[]> = Object.create(null) as Record<string, string | string[]>;
  for (const [name, value] of pairs) {
    const known = fields[name];
    if (known === undefined) fields[name] = value;
    else if (Array.isArray(known)) known.push(value);
    else fields[name] = [known, value];
  }
  return fields;
}
