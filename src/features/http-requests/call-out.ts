import { Injectable } from '@nestjs/common';
import type { Origin } from '../../bus/index.ts';
import { AppError } from '../../platform/errors.ts';
import {
  type OutboundFailure,
  OutboundHttp,
  type OutboundRequest,
  type OutboundResult,
} from '../../platform/outbound-http.ts';
import { DEPTH_HEADER, WorkDepth } from '../../platform/work-depth.ts';

/** What we tell a caller when the other system was away; it told us nothing. */
const RETRY_AFTER_SECONDS = 5;

/** A request of somebody's work; `type` is the Content-Type where the headers have none. */
interface Request extends OutboundRequest {
  type?: string;
}

type Response = Extract<OutboundResult, { kind: 'response' }>;

/** Calls other systems for work: guarded, with the work's depth and its idempotency key. */
@Injectable()
export class CallOut {
  constructor(
    private readonly outbound: OutboundHttp,
    private readonly depths: WorkDepth,
  ) {}

  /** An answer, whatever its status. @throws AppError where there is none. */
  async send({ type, headers, ...request }: Request, origin: Origin): Promise<Response> {
    const result = await this.outbound.send({
      ...request,
      headers: this.headersOf(headers ?? {}, origin, type ?? null),
    });
    if (result.kind === 'refused') throw refused(result.reason);
    if (result.kind === 'failed') throw failed(result.reason, result.message);
    return result;
  }

  /** The caller's headers, and ours where he is silent; how deep his work is he does not say himself. */
  private headersOf(
    given: Readonly<Record<string, string>>,
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

export function isSuccessStatus(status: number): boolean {
  return status >= 200 && status <= 299;
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
export function unexpectedStatus(
  {
    status,
    headers,
  }: {
    status: number;
    headers: Record<string, string | string[]>;
  },
  sentence = `The answer has the status ${status}`,
): AppError {
  const passes = status === 408 || status === 429 || status > 499;
  // Seconds, a day at most; a date is not worth more than our own guess.
  const seconds = /^\d{1,5}$/.test(String(headers['retry-after']))
    ? Number(headers['retry-after'])
    : RETRY_AFTER_SECONDS;
  return new AppError({
    code: 'http-request.status',
    kind: passes ? 'unavailable' : 'conflict',
    details: [sentence],
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
