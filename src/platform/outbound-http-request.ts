import { validateHeaderName, validateHeaderValue, type OutgoingHttpHeaders } from 'node:http';
import { isIPv4 } from 'node:net';

/** The methods we send; anything else (CONNECT, TRACE) is made for other work than ours. */
export const outboundMethods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;

/** One call to the outside; `timeoutMs` covers name resolution, connection, headers and the complete body. */
export interface OutboundRequest {
  method: (typeof outboundMethods)[number];
  url: string;
  headers?: Readonly<Record<string, string>>;
  /** Sent exactly as given; a string is sent as UTF-8. */
  body?: Buffer | string;
  timeoutMs: number;
  /** How much of the response body, after decompression, is kept; 65 536 unless told. */
  responseBytesMax?: number;
  signal?: AbortSignal;
}

/** Where a request goes; `host` is the bare address of a literal (no brackets) or the name to resolve. */
export interface Destination {
  url: URL;
  host: string;
  isLiteral: boolean;
}

/** Receivers commonly refuse longer ones with 414. */
const urlCharsMax = 8_192;

/** Reads a URL as strictly as a destination must be; only what is wrong for everyone is refused here. */
export function destinationOf(text: string): Destination | { refused: string } {
  if (text.length > urlCharsMax) return { refused: `The URL is longer than ${urlCharsMax} characters.` };
  // The WHATWG parser silently drops these, so that what is shown and what is called would differ.
  // oxlint-disable-next-line no-control-regex
  if (/[\u0000-\u0020\u007f]/.test(text))
    return { refused: 'The URL contains white space or control characters.' };
  const url = URL.parse(text);
  if (url === null) return { refused: 'The URL cannot be read; it must be absolute.' };
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    return { refused: 'The URL must begin with http or https.' };
  if (url.username !== '' || url.password !== '')
    return { refused: 'The URL must not carry a user name or password.' };
  if (url.port === '0') return { refused: 'The URL must not name port 0.' };
  // The parser has turned every spelling (0x7f.1, 2130706433, full-width digits) into the one plain address.
  if (url.hostname.startsWith('[')) return { url, host: url.hostname.slice(1, -1), isLiteral: true };
  return { url, host: url.hostname, isLiteral: isIPv4(url.hostname) };
}

/** RFC 6761 gives `localhost` and all below it to the machine itself. */
export function isLocalhost(host: string): boolean {
  return /(^|\.)localhost\.?$/.test(host);
}

/** Headers that belong to the connection or the message framing, which are ours alone. */
const ownHeaders = new Set([
  'connection',
  'content-length',
  'expect',
  'host',
  'http2-settings',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** The reason why a request cannot be sent as it is written, apart from its destination. */
export function objectionTo(request: OutboundRequest): string | null {
  if (!outboundMethods.includes(request.method))
    return `The method must be one of ${outboundMethods.join(', ')}.`;
  const seen = new Set<string>();
  for (const [name, value] of Object.entries(request.headers ?? {})) {
    const quoted = JSON.stringify(name.slice(0, 100));
    const lowerCase = name.toLowerCase();
    if (!isSendable(name, value)) return `The header ${quoted} has a name or value that HTTP does not allow.`;
    if (ownHeaders.has(lowerCase) || lowerCase.startsWith('proxy-'))
      return `The header ${quoted} cannot be set by a request.`;
    if (seen.has(lowerCase)) return `The header ${quoted} is given twice.`;
    seen.add(lowerCase);
  }
  return null;
}

function isSendable(name: string, value: string): boolean {
  try {
    validateHeaderName(name);
    validateHeaderValue(name, value);
    return typeof value === 'string';
  } catch {
    return false;
  }
}

/** The headers as they go out: the caller's, and ours where he is silent. */
export function headersToSend(request: OutboundRequest, body: Buffer | undefined): OutgoingHttpHeaders {
  const headers: OutgoingHttpHeaders = { ...request.headers };
  const names = new Set(Object.keys(headers).map((name) => name.toLowerCase()));
  if (!names.has('user-agent')) headers['User-Agent'] = 'Signalbox';
  if (!names.has('accept')) headers['Accept'] = '*/*';
  if (!names.has('accept-encoding')) headers['Accept-Encoding'] = 'gzip, deflate';
  if (body !== undefined) headers['Content-Length'] = body.length;
  return headers;
}
