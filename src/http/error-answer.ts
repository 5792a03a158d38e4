import type { FastifyReply } from 'fastify';
import { failureEnvelope } from '../bus/index.ts';
import { keepsConnection } from './raw-body.ts';
import { AppError, asAppError, type ErrorKind, kindOfStatus, statusOfKind } from '../platform/errors.ts';

const sentences = {
  invalid: ['Malformed request', 'The request could not be read'],
  'not-found': ['Not found', 'There is nothing at this address'],
  'too-large': ['Request too large', 'The body is larger than this server accepts'],
  'unsupported-media': ['Unsupported media type', 'Send the body as application/json'],
  unavailable: ['Service unavailable', 'The server is stopping; try again'],
} satisfies Partial<Record<ErrorKind, [message: string, detail: string]>>;

/** The kinds of failures that the request itself brings about, before anything of ours looks at it. */
type RequestFault = keyof typeof sentences;

/** What Nest and Fastify throw about the request itself, in our terms; all else that is unknown is a surprise. */
export function errorOf(thrown: unknown): AppError {
  if (thrown instanceof AppError) return thrown;
  const kind = kindOf(statusOf(thrown));
  if (!isRequestFault(kind)) return asAppError(thrown);
  const [publicMessage, detail] = sentences[kind] as [string, string];
  return new AppError({
    code: kind === 'unsupported-media' ? 'http.not-json' : `http.${kind}`,
    kind,
    publicMessage,
    details: [detail],
    cause: thrown,
    ...(kind === 'unavailable' && { retryAfterSeconds: 2 }),
  });
}

/** The one place where a failure becomes an HTTP answer. */
export function sendError(reply: FastifyReply, error: AppError): void {
  if (error.kind === 'unauthenticated') void reply.header('www-authenticate', challengeOf(error));
  if (error.retryAfterSeconds !== undefined)
    void reply.header('retry-after', String(error.retryAfterSeconds));
  if (keepsConnection(error.cause)) void reply.removeHeader('connection');
  void reply
    .status(error.status)
    .type('application/json; charset=utf-8')
    .send(JSON.stringify(failureEnvelope(error)));
}

/** Any 4xx without a sentence of its own says that the request was bad, in whichever way. */
function kindOf(status = statusOfKind.surprise): ErrorKind {
  const kind = kindOfStatus(status);
  return !isRequestFault(kind) && status >= 400 && status < 500 ? 'invalid' : kind;
}

function isRequestFault(kind: ErrorKind): kind is RequestFault {
  return Object.hasOwn(sentences, kind);
}

/** RFC 6750 §3: without credentials the bare challenge, with bad ones the reason. */
function challengeOf(error: AppError): string {
  return error.code === 'access.credentials-refused' ? 'Bearer error="invalid_token"' : 'Bearer';
}

function statusOf(thrown: unknown): number | undefined {
  const { statusCode, status, getStatus } = thrown as {
    statusCode?: unknown;
    status?: unknown;
    getStatus?: () => number;
  };
  if (typeof getStatus === 'function') return getStatus.call(thrown);
  const found = statusCode ?? status;
  return typeof found === 'number' ? found : undefined;
}
