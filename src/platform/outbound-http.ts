import { lookup as systemLookup } from 'node:dns/promises';
import {
  request as httpRequest,
  type ClientRequest,
  type IncomingMessage,
  type RequestOptions,
} from 'node:http';
import { request as httpsRequest } from 'node:https';
import { create as createAxios } from 'axios';
import { type AddressRules, isSpecialPurpose } from './network-addresses.ts';
import { createOutboundAgents, pinnedTo } from './outbound-http-agents.ts';
import {
  type Destination,
  destinationOf,
  headersToSend,
  isLocalhost,
  objectionTo,
  type OutboundRequest,
} from './outbound-http-request.ts';
import { OutboundFigures } from './outbound-http-metrics.ts';
import { headersReceived, readResponseBody } from './outbound-http-response.ts';
import { outboundSpan, withTrace } from './outbound-http-span.ts';
import { currentTracer, type Tracer } from './telemetry/tracing.ts';

export { outboundMethods, type OutboundRequest } from './outbound-http-request.ts';

/** Why an exchange ended without a response; `encoding` is a body whose compression is broken. */
export type OutboundFailure = 'timeout' | 'aborted' | 'dns' | 'connection' | 'tls' | 'protocol' | 'encoding';

/** How an exchange ended; each expected ending is a value, so that the caller decides about retries without catching. */
export type OutboundResult =
  | {
      kind: 'response';
      status: number;
      headers: Record<string, string | string[]>;
      body: Buffer;
      bodyTruncated: boolean;
      durationMs: number;
    }
  | { kind: 'refused'; reason: string }
  | { kind: 'failed'; reason: OutboundFailure; message: string };

/** Resolves a name to all its A and AAAA records. */
export type HostLookup = (host: string) => Promise<readonly { address: string }[]>;

/** What the client is made of; tests bring their own lookup and clock. */
export interface OutboundHttpParts {
  /** OUTBOUND_ALLOWED_NETWORKS: special-purpose addresses that may be called all the same. */
  allowedNetworks: AddressRules;
  lookup?: HostLookup;
  /** A clock for durations, in milliseconds. */
  now?: () => number;
}

const responseBytesMaxDefault = 65_536;
/** Longer timers fire at once (Node's setTimeout holds 31 bits). */
const timeoutMsMax = 2 ** 31 - 1;

const lookupAll: HostLookup = (host) => systemLookup(host, { all: true });

/**
 * The only way out: no call reaches a loopback, private or other special-purpose address outside `allowedNetworks`,
 * follows a redirect, goes through a proxy, or takes longer or more than its limits.
 */
export class OutboundHttp {
  readonly #allowedNetworks: AddressRules;
  readonly #lookup: HostLookup;
  readonly #now: () => number;
  /** An instance of its own: what a plugin sets on the global axios must not reach it. */
  readonly #axios = createAxios();
  readonly #agents = createOutboundAgents();
  readonly #lookups = new Map<string, Promise<readonly { address: string }[]>>();
  readonly #stops = new Set<AbortController>();
  #isClosed = false;
  /** What has happened since the start. */
  readonly figures = new OutboundFigures();

  constructor(parts: OutboundHttpParts) {
    this.#allowedNetworks = parts.allowedNetworks;
    this.#lookup = parts.lookup ?? lookupAll;
    this.#now = parts.now ?? (() => performance.now());
  }

  /** Why a URL can never be a destination, or null; names are judged when they are called, by what they resolve to. */
  judgeUrl(url: string): string | null {
    const destination = destinationOf(url);
    return 'refused' in destination ? destination.refused : this.#objectionToHost(destination);
  }

  /** Makes one exchange and settles within `timeoutMs`, whatever the other side does. */
  async send(request: OutboundRequest): Promise<OutboundResult> {
    const startedAt = this.#now();
    const tracer = currentTracer();
    const result = await (tracer ? this.#sendTraced(request, tracer) : this.#send(request));
    this.figures.ended(result, this.#now() - startedAt);
    return result;
  }

  #sendTraced(request: OutboundRequest, tracer: Tracer): Promise<OutboundResult> {
    return tracer.within(outboundSpan(request), async (span) => {
      const result = await this.#send(withTrace(request, span.headers()));
      if (result.kind === 'response') span.note({ 'http.response.status_code': result.status });
      else span.fail(result.kind === 'failed' ? result.reason : result.kind);
      return result;
    });
  }

  async #send(request: OutboundRequest): Promise<OutboundResult> {
    if (this.#isClosed || request.signal?.aborted === true) return failed('aborted');
    const destination = destinationOf(request.url);
    if ('refused' in destination) return { kind: 'refused', reason: destination.refused };
    const objection = objectionTo(request) ?? this.#objectionToHost(destination);
    if (objection !== null) return { kind: 'refused', reason: objection };
    const stop = new AbortController();
    const abort = () => stop.abort('aborted' satisfies OutboundFailure);
    const timeoutMs = Math.min(Math.max(request.timeoutMs, 1), timeoutMsMax);
    const deadline = setTimeout(() => stop.abort('timeout' satisfies OutboundFailure), timeoutMs);
    request.signal?.addEventListener('abort', abort, { once: true });
    this.#stops.add(stop);
    try {
      return await untilStopped(this.#exchange(request, destination, stop.signal), stop.signal);
    } catch (error) {
      return stop.signal.aborted ? failed(stop.signal.reason as OutboundFailure) : failureOf(error);
    } finally {
      clearTimeout(deadline);
      request.signal?.removeEventListener('abort', abort);
      this.#stops.delete(stop);
    }
  }

  /** Ends what is under way as `aborted` and gives back every connection. */
  close(): void {
    this.#isClosed = true;
    for (const stop of this.#stops) stop.abort('aborted' satisfies OutboundFailure);
    this.#agents.destroy();
  }

  #objectionToHost({ host, isLiteral }: Destination): string | null {
    const isRefused = isLiteral
      ? !this.#isPermitted(host)
      : isLocalhost(host) && !this.#isPermitted('127.0.0.1') && !this.#isPermitted('::1');
    return isRefused ? notPermitted(host, 'is') : null;
  }

  #isPermitted(address: string): boolean {
    return !isSpecialPurpose(address) || this.#allowedNetworks.matches(address);
  }

  async #exchange(
    request: OutboundRequest,
    destination: Destination,
    signal: AbortSignal,
  ): Promise<OutboundResult> {
    const startedAt = this.#now();
    const addresses = await this.#addressesOf(destination);
    if (!Array.isArray(addresses)) return addresses;
    signal.throwIfAborted();
    const incoming = await this.#call(request, destination, { addresses, signal });
    const { body, bodyTruncated, isDecoded } = await readResponseBody(
      incoming,
      request.responseBytesMax ?? responseBytesMaxDefault,
    );
    return {
      kind: 'response',
      status: incoming.statusCode ?? 0,
      headers: headersReceived(incoming, isDecoded),
      body,
      bodyTruncated,
      durationMs: Math.round(this.#now() - startedAt),
    };
  }

  async #addressesOf({ host, isLiteral }: Destination): Promise<string[] | OutboundResult> {
    if (isLiteral) return [host];
    const addresses = await this.#resolve(host).then(
      (records) => records.map((record) => record.address),
      (error: unknown) => failed('dns', codeOf(error)),
    );
    if (!Array.isArray(addresses)) return addresses;
    if (addresses.length === 0) return failed('dns', 'no records');
    // One bad record among good ones is how a name gets past a check of the first, so it spoils them all.
    if (addresses.every((address) => this.#isPermitted(address))) return addresses;
    return { kind: 'refused', reason: notPermitted(host, 'resolves to') };
  }

  /** Callers of one name share a lookup under way: getaddrinfo has two threads, and a slow name must not hold both. */
  #resolve(host: string): Promise<readonly { address: string }[]> {
    const underWay = this.#lookups.get(host);
    if (underWay !== undefined) return underWay;
    const lookup = this.#lookup(host).finally(() => this.#lookups.delete(host));
    this.#lookups.set(host, lookup);
    return lookup;
  }

  async #call(
    request: OutboundRequest,
    { url }: Destination,
    { addresses, signal }: { addresses: string[]; signal: AbortSignal },
  ): Promise<IncomingMessage> {
    const body = typeof request.body === 'string' ? Buffer.from(request.body) : request.body;
    const headers = headersToSend(request, body);
    const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
    const response = await this.#axios.request<IncomingMessage>({
      method: request.method,
      url: url.href,
      data: body,
      adapter: 'http',
      proxy: false,
      maxRedirects: 0,
      decompress: false,
      responseType: 'stream',
      validateStatus: () => true,
      httpAgent: this.#agents.http,
      httpsAgent: this.#agents.https,
      signal,
      transport: {
        // axios drops headers named like its own settings (`get`, `common`) and adds some, so ours go past it.
        request: (options: RequestOptions, onResponse: (incoming: IncomingMessage) => void): ClientRequest =>
          withoutUpgrade(send(Object.assign(options, { headers }, pinnedTo(addresses)), onResponse)),
      },
    });
    return response.data;
  }
}

/** Node closes the connection of a 101 nobody asked for but tells nobody, and the call would wait for its deadline. */
function withoutUpgrade(request: ClientRequest): ClientRequest {
  return request.on('upgrade', (_incoming, socket) => {
    socket.destroy();
    request.emit('error', Object.assign(new Error('Unexpected upgrade'), { code: 'UNEXPECTED_UPGRADE' }));
  });
}

function notPermitted(host: string, verb: 'is' | 'resolves to'): string {
  return `The destination ${JSON.stringify(host)} ${verb} a special-purpose address (loopback, private, link-local or the like) that OUTBOUND_ALLOWED_NETWORKS does not contain.`;
}

function untilStopped<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onStop = () => reject(new Error('The exchange was stopped.'));
    signal.addEventListener('abort', onStop, { once: true });
    work.then(resolve, reject);
  });
}

const sentences: Readonly<Record<OutboundFailure, string>> = {
  timeout: 'The exchange took longer than its time limit',
  aborted: 'The exchange was stopped',
  dns: 'The name could not be resolved',
  connection: 'The connection failed',
  tls: 'The TLS handshake failed',
  protocol: 'The answer was not readable HTTP',
  encoding: 'The compressed body could not be read',
};

function failed(reason: OutboundFailure, code = ''): OutboundResult {
  return { kind: 'failed', reason, message: `${sentences[reason]}${code === '' ? '' : ` (${code})`}.` };
}

const reasonOfCode: readonly [RegExp, OutboundFailure][] = [
  [/^(HPE_|UNEXPECTED_UPGRADE$)/, 'protocol'],
  [/^Z_/, 'encoding'],
  [
    /^(ERR_TLS_|ERR_SSL_|EPROTO$|CERT_|CRL_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|INVALID_CA|INVALID_PURPOSE)/,
    'tls',
  ],
  [/^(HOSTNAME_MISMATCH|PATH_LENGTH_EXCEEDED|ERROR_IN_C)/, 'tls'],
];

function failureOf(error: unknown): OutboundResult {
  const code = codeOf(error);
  // Everything the network does to us carries a code; what has none is a fault of ours, and no outcome.
  if (code === '') throw error;
  return failed(reasonOfCode.find(([pattern]) => pattern.test(code))?.[1] ?? 'connection', code);
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}
