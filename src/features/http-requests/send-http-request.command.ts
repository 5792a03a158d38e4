import { z } from 'zod';
import { bpmRequest, Handles, type Origin } from '../../bus/index.ts';
import { AppError } from '../../platform/errors.ts';
import { type OutboundFailure, OutboundHttp, outboundMethods } from '../../platform/outbound-http.ts';
import { DEPTH_HEADER, WorkDepth } from '../../platform/work-depth.ts';

const TIMEOUT_MS_MAX = 60_000;
/** What we tell a caller when the other system was away; it told us nothing. */
const RETRY_AFTER_SECONDS = 5;
const BODY_LENGTH_MAX = 1_048_576;
/** Bytes of the response that are read; the rest is dropped and said to be. */
const RESPONSE_BYTES_MAX = 65_536;

const body = z.union([
  z.string().max(BODY_LENGTH_MAX),
  z.record(z.string(), z.unknown()),
  z.array(z.unknown()),
]);

/** Calls another system over HTTP; private addresses are refused unless OUTBOUND_ALLOWED_NETWORKS has them. */
export class SendHttpRequestCommand extends bpmRequest({
  kind: 'command',
  effects: 'outside',
  permission: 'http:send',
  input: z.strictObject({
    method: z.enum(outboundMethods),
    url: z.string().min(1).max(8192),
    headers: z.record(z.string().min(1).max(200), z.string().max(8192)).optional(),
    /** A string is sent as it is, an object or array as JSON. */
    body: body.optional(),
    timeoutMs: z.int().min(1).max(TIMEOUT_MS_MAX).default(15_000),
    /** True: an answer of another status than 2xx is a failure, which a run that is tried again makes anew. */
    expects2xx: z.boolean().default(false),
  }),
  success: 'HTTP request sent',
  example: { method: 'POST', url: 'https://example.com/orders', body: { id: 7 }, timeoutMs: 5000 },
  failure: 'HTTP request failed',
}) {}

@Handles(SendHttpRequestCommand)
export class SendHttpRequestHandler {
  constructor(
    private readonly outbound: OutboundHttp,
    private readonly depths: WorkDepth,
  ) {}

  async execute({ input, origin }: SendHttpRequestCommand) {
    const isText = input.body === undefined || typeof input.body === 'string';
    const result = await this.outbound.send({
      method: input.method,
      url: input.url,
      headers: this.headersOf(input.headers ?? {}, origin, isText ? null : 'application/json'),
      ...(input.body !== undefined && { body: isText ? String(input.body) : JSON.stringify(input.body) }),
      timeoutMs: input.timeoutMs,
      responseBytesMax: RESPONSE_BYTES_MAX,
    });
    if (result.kind === 'refused') throw refused(result.reason);
    if (result.kind === 'failed') throw failed(result.reason, result.message);
    if (input.expects2xx && (result.status < 200 || result.status > 299)) throw unexpected(result);
    const text = result.body.toString('utf8');
    const isUtf8 = Buffer.from(text).equals(result.body);
    return {
      status: result.status,
      headers: result.headers,
      body: isUtf8 ? text : null,
      bodyBase64: isUtf8 ? null : result.body.toString('base64'),
      bodyTruncated: result.bodyTruncated,
    };
  }

  /** The caller's headers, and ours where he is silent; how deep his work is he does not say himself. */
  private headersOf(
    given: Record<string, string>,
    { depth, idempotencyKey }: Origin,
    type: string | null,
  ): Record<string, string> {
    const headers = Object.fromEntries(
      Object.entries(given).filter(([name]) => !isHeader(name, DEPTH_HEADER)),
    );
    if (depth !== undefined) headers[DEPTH_HEADER] = this.depths.headerOf(depth + 1);
    if (idempotencyKey !== undefined) addIfMissing(headers, 'Idempotency-Key', idempotencyKey);
    if (type !== null) addIfMissing(headers, 'Content-Type', type);
    return headers;
  }
}

function addIfMissing(headers: Record<string, string>, name: string, value: string): void {
  if (!Object.keys(headers).some((present) => isHeader(present, name))) headers[name] = value;
}

function isHeader(name: string, known: string): boolean {
  return name.toLowerCase() === known.toLowerCase();
}

function refused(reason: string): AppError {
  return new AppError({ code: 'http-request.refused', kind: 'invalid', details: [reason] });
}

/** Whether a repeat may help is told by the status: 408, 429 and 5xx pass, others say that the request is wrong. */
function unexpected({
  status,
  headers,
}: {
  status: number;
  headers: Record<string, string | string[]>;
}): AppError {
  const passes = status === 408 || status === 429 || status > 499;
  // Seconds, a day at most; a date is not worth more than our own guess.
  const seconds = /^\d{1,5}$/.test(String(headers['retry-after']))
    ? Number(headers['retry-after'])
    : RETRY_AFTER_SECONDS;
  return new AppError({
    code: 'http-request.status',
    kind: passes ? 'unavailable' : 'conflict',
    details: [`The answer has the status ${status}`],
    ...(passes && { retryAfterSeconds: seconds }),
  });
}

function failed(reason: OutboundFailure, message: string): AppError {
  return new AppError({
    code: `http-request.${reason}`,
    kind: reason === 'timeout' ? 'timed-out' : 'unavailable',
    details: [message],
    ...(reason !== 'timeout' && { retryAfterSeconds: RETRY_AFTER_SECONDS }),
  });
}
