import type { Answer, Signalbox } from '../../support/signalbox.ts';

/** What to send byte by byte; the credentials of the admin client are there unless headers replace them. */
export interface RawRequest {
  path?: string;
  method?: string;
  headers?: Record<string, string>;
  body?: string | Uint8Array<ArrayBuffer> | ReadableStream;
}

/** Sends a request as it is, well-formed or not. */
export async function sendRaw(signalbox: Signalbox, request: RawRequest): Promise<Answer<unknown>> {
  const { path = '/api/bpm/cmd', method = 'POST', headers, body } = request;
  const response = await fetch(signalbox.url + path, {
    method,
    headers: { 'X-API-Key': signalbox.apiKey, 'Content-Type': 'application/json', ...headers },
    ...(body !== undefined && { body, duplex: 'half' }),
  });
  const text = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    body: text === '' ? null : JSON.parse(text),
  };
}
