import { kindOf } from './call-expressions.ts';
import { wrongValue } from './expression.errors.ts';
import { isSendableHeader, type ScriptResponse } from './webhook-answer.ts';

const HEADERS_MAX = 100;
/** Clients commonly refuse more than 16 KiB of headers in all. */
const HEADERS_LENGTH_MAX = 16_384;

/** The answer that a `responseExpression` gave, by the rules of a script's `respond`. @throws AppError 500. */
export function responseOf(value: unknown): ScriptResponse {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw wrong(`gave ${kindOf(value)}: it must give a context of status, headers and body`);
  const { status, headers, body, ...unknown } = value as Record<string, unknown>;
  const [other] = Object.keys(unknown);
  if (other !== undefined)
    throw wrong(`gave the field "${other.slice(0, 100)}": there are status, headers and body`);
  const isText = typeof body === 'string' || body === undefined;
  return {
    status: statusOf(status),
    headers: headersOf(headers),
    body: isText ? (body ?? '') : JSON.stringify(body),
    bodyIsText: isText,
  };
}

function statusOf(status: unknown): number {
  if (status === undefined || status === null) return 200;
  if (typeof status === 'number' && Number.isInteger(status) && status >= 200 && status <= 599) return status;
  throw wrong('gave a status that is not a whole number from 200 to 599');
}

function headersOf(headers: unknown): ScriptResponse['headers'] {
  if (headers === undefined || headers === null) return {};
  if (typeof headers !== 'object' || Array.isArray(headers))
    throw wrong(`gave ${kindOf(headers)} as headers: they must be a context`);
  const given = Object.entries(headers).filter(([, value]) => value !== null);
  const kept = Object.fromEntries(given.map(([name, value]) => [name, headerOf(name, value)]));
  if (given.length > HEADERS_MAX || JSON.stringify(kept).length > HEADERS_LENGTH_MAX)
    throw wrong('gave too many headers');
  return kept;
}

function headerOf(name: string, value: unknown): string | string[] {
  const values = [value].flat();
  const isPlain = values.every((one) => ['string', 'number', 'boolean'].includes(typeof one));
  const texts = values.map(String);
  if (!isPlain || !isSendableHeader(name, texts))
    throw wrong(`gave a header that cannot be sent: "${name.slice(0, 100)}"`);
  return Array.isArray(value) ? texts : texts[0]!;
}

function wrong(what: string) {
  return wrongValue(`ResponseExpression ${what}`);
}
