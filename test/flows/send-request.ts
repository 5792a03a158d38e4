import { type IncomingHttpHeaders, request as httpRequest } from 'node:http';
import { expect } from 'vitest';

/** One HTTP request, sent exactly as given: the path is not tidied, no header is invented but the framing's. */
export interface SentRequest {
  path: string;
  /** Default POST. */
  method?: string;
  headers?: Record<string, string | string[]>;
  body?: Buffer | string;
  /** With Transfer-Encoding: chunked instead of a Content-Length. */
  isChunked?: boolean;
}

/** What came back; `json` is null where the body is none. */
export interface ReceivedAnswer {
  status: number;
  headers: IncomingHttpHeaders;
  /** The header lines, names and values by turns, as they came. */
  rawHeaders: string[];
  text: string;
  json: unknown;
}

const ANSWER_MS_MAX = 20_000;

/** Makes one call on a connection of its own. @throws when no whole answer comes. */
export function sendRequest(origin: string, sent: SentRequest): Promise<ReceivedAnswer> {
  const { hostname, port } = new URL(origin);
  const body = Buffer.from(sent.body ?? '');
  const framing = sent.isChunked
    ? { 'Transfer-Encoding': 'chunked' }
    : sent.body !== undefined && { 'Content-Length': String(body.length) };
  return new Promise((resolve, reject) => {
    const request = httpRequest({
      host: hostname.replaceAll(/[[\]]/g, ''),
      port,
      method: sent.method ?? 'POST',
      path: sent.path,
      headers: { ...framing, ...sent.headers },
      agent: false,
      timeout: ANSWER_MS_MAX,
    });
    request.on('timeout', () => request.destroy(new Error('No answer came')));
    request.on('error', reject);
    request.on('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString('utf8');
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          rawHeaders: response.rawHeaders,
          text,
          json: parsed(text),
        });
        request.destroy();
      });
    });
    request.end(body);
  });
}

/** The `data` of an answer's envelope. @throws when it is no success. */
export function dataOf<Data = Record<string, unknown>>(answer: ReceivedAnswer): Data {
  const envelope = answer.json as { success?: boolean; data?: Data } | null;
  if (answer.status !== 200 || envelope?.success !== true)
    throw new Error(`${answer.status} ${answer.text.slice(0, 500)}`);
  return envelope.data as Data;
}

/** A refusal of a webhook call: its status, its code, a sentence, and whose call it was. */
export function expectRefusal(answer: ReceivedAnswer, status: number, code: string): void {
  expect(answer.status).toBe(status);
  expect(answer.json).toEqual({
    success: false,
    data: null,
    message: 'Webhook processing failed',
    errors: [expect.stringMatching(/\w+ \w+/)],
    code,
  });
  expect(answer.headers['x-execution-id']).toMatch(/^exe_[0-9a-f-]{36}$/);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
