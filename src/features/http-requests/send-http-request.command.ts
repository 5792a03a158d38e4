import { z } from 'zod';
import { bpmRequest, Handles } from '../../bus/index.ts';
import { outboundMethods } from '../../platform/outbound-http.ts';
import { CallOut, isSuccessStatus, unexpectedStatus } from './call-out.ts';

const TIMEOUT_MS_MAX = 60_000;
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
  constructor(private readonly out: CallOut) {}

  async execute({ input, origin }: SendHttpRequestCommand) {
    const isText = input.body === undefined || typeof input.body === 'string';
    const result = await this.out.send(
      {
        method: input.method,
        url: input.url,
        headers: input.headers ?? {},
        ...(input.body !== undefined && { body: isText ? String(input.body) : JSON.stringify(input.body) }),
        ...(!isText && { type: 'application/json' }),
        timeoutMs: input.timeoutMs,
        responseBytesMax: RESPONSE_BYTES_MAX,
      },
      origin,
    );
    if (input.expects2xx && !isSuccessStatus(result.status)) throw unexpectedStatus(result);
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
}
