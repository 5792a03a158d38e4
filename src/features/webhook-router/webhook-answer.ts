import type { AppError } from '../../platform/errors.ts';

/** What goes back to the caller of a webhook. */
export interface WebHookAnswer {
  status: number;
  headers: Record<string, string | string[]>;
  body: string;
}

/** Of every answer that we write ourselves. */
export const jsonHeaders = Object.freeze({ 'content-type': 'application/json; charset=utf-8' });

/** A synchronous success around the result's JSON text (contract §5.3), which is not parsed on its way. */
export function successAnswer(dataJson: string): WebHookAnswer {
  return {
    status: 200,
    headers: jsonHeaders,
    body: `{"success":true,"data":${dataJson},"message":"Webhook processed successfully"}`,
  };
}

/** An answer before the end (contract §5.3): where its result is going to be. */
export function acceptedAnswer(executionId: string, ticket: string): WebHookAnswer {
  return {
    status: 202,
    headers: { ...jsonHeaders, location: `/api/webhooks/results/${ticket}` },
    body: JSON.stringify({
      success: true,
      data: { executionId, status: 'accepted' },
      message: 'Webhook accepted',
    }),
  };
}

/** Of a call that the configuration's condition does not let through: nothing was wrong with it. */
export function ignoredAnswer(executionId: string): WebHookAnswer {
  return {
    status: 200,
    headers: jsonHeaders,
    body: JSON.stringify({
      success: true,
      data: { executionId, status: 'ignored' },
      message: 'Webhook ignored',
    }),
  };
}

/** What is kept of an answer so that it can be given again as it was; null where its status and `shownBody` say it all. */
export function exactAnswerJson({ headers, body }: WebHookAnswer, shownBody: string): string | null {
  return headers === jsonHeaders && body === shownBody ? null : JSON.stringify({ headers, body });
}

/** Any failure of a call that belongs to a configuration. */
export function failureAnswer(error: AppError): WebHookAnswer {
  const body = JSON.stringify({
    success: false,
    data: null,
    message: 'Webhook processing failed',
    errors: error.details,
    code: error.code,
  });
  const { status, retryAfterSeconds } = error;
  if (retryAfterSeconds === undefined) return { status, headers: jsonHeaders, body };
  return { status, headers: { ...jsonHeaders, 'retry-after': String(retryAfterSeconds) }, body };
}

/** Unknown, disabled and called with another method are the same: nobody learns which keys there are. */
export const notFoundAnswer: WebHookAnswer = {
  status: 404,
  headers: jsonHeaders,
  body: JSON.stringify({
    success: false,
    data: null,
    message: 'Webhook not found',
    errors: ['There is no webhook at this address'],
    code: 'webhook.not-found',
  }),
};

const droppedHeaders = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'content-length',
  'date',
  // No hop's, but nothing that a webhook's answer may do to a browser or to what we say ourselves.
  'set-cookie',
  'clear-site-data',
  'refresh',
  'service-worker-allowed',
  'x-execution-id',
]);

const headerName = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
// oxlint-disable-next-line no-control-regex
const badHeaderValue = /[^\t\u0020-\u007e\u0080-\u00ff]/;

export interface ScriptResponse {
  status: number;
  headers: Record<string, string | string[]>;
  body: string;
  bodyIsText: boolean;
}

/** True for a header that HTTP can carry. */
export function isSendableHeader(name: string, values: readonly string[]): boolean {
  return headerName.test(name) && !values.some((value) => badHeaderValue.test(value));
}

/** An answer of a script or an expression: it cannot set cookies, frame the message or run in a browser as a page of ours. */
export function respondedAnswer(response: ScriptResponse): WebHookAnswer {
  const headers: Record<string, string | string[]> = {
    'content-type': response.bodyIsText ? 'text/plain; charset=utf-8' : 'application/json; charset=utf-8',
  };
  for (const [name, value] of Object.entries(response.headers)) {
    const lowerCase = name.toLowerCase();
    const values = [value].flat();
    if (droppedHeaders.has(lowerCase) || !isSendableHeader(name, values)) continue;
    headers[lowerCase] = value;
  }
  headers['content-security-policy'] = 'sandbox';
  headers['x-content-type-options'] = 'nosniff';
  return { status: response.status, headers, body: response.body };
}

/** An answer's headers as they are shown: the type that nearly all have is not. */
export function headersBesideType({ headers }: WebHookAnswer): object | null {
  // Nearly every answer has these alone.
  if (headers === jsonHeaders) return null;
  const { 'content-type': _type, ...others } = headers;
  return Object.keys(others).length === 0 ? null : others;
}
