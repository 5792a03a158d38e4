import type { IncomingHttpHeaders } from 'node:http';
import type { OpenedRequest } from '../executions/index.ts';

/** A body in place of the recorded one: text as it is, any other JSON value as its JSON text, or bytes. */
export interface BodyEdit {
  body?: unknown;
  bodyBase64?: string | undefined;
}

export function isBodyEdit({ body, bodyBase64 }: BodyEdit): boolean {
  return body !== undefined || bodyBase64 !== undefined;
}

/** The bytes that a body means. */
export function bytesOf({ body, bodyBase64 }: BodyEdit): Buffer {
  if (bodyBase64 !== undefined) return Buffer.from(bodyBase64, 'base64');
  return Buffer.from(typeof body === 'string' ? body : body === undefined ? '' : JSON.stringify(body));
}

/** The request as its sender would have sent it with this body: its headers say what the new one is. */
export function editedRequest(request: OpenedRequest, edit: BodyEdit): OpenedRequest {
  if (!isBodyEdit(edit)) return request;
  const body = bytesOf(edit);
  const { 'content-encoding': _encoding, 'transfer-encoding': _transfer, ...headers } = request.meta.headers;
  headers['content-length'] = String(body.length);
  const isJsonValue = edit.bodyBase64 === undefined && typeof edit.body !== 'string';
  if (isJsonValue && !isJson(headers['content-type'])) headers['content-type'] = 'application/json';
  return { ...request, meta: { ...request.meta, headers }, body };
}

function isJson(contentType: IncomingHttpHeaders[string]): boolean {
  const mediaType = String(contentType ?? '')
    .split(';', 1)[0]!
    .trim()
    .toLowerCase();
  return mediaType === 'application/json' || mediaType.endsWith('+json');
}
