import { isUtf8 } from 'node:buffer';
import type { IncomingHttpHeaders } from 'node:http';
import { OAuthError, type TokenWish } from '../features/access/index.ts';

const GRANT_TYPE = 'client_credentials';

/** Reads a token request: a form, its client named by Basic or in the form (RFC 6749 §2.3.1, §4.4.2). @throws OAuthError. */
export function readTokenRequest(
  headers: IncomingHttpHeaders,
  query: object,
  body: Buffer,
): Omit<TokenWish, 'address'> {
  if (Object.keys(query).length > 0)
    throw invalidRequest('Parameters belong into the body, not into the URL');
  const form = formOf(headers, body);
  const client = clientOf(headers.authorization, form);
  const grantType = form.get('grant_type');
  if (grantType === undefined) throw invalidRequest('The parameter grant_type is missing');
  if (grantType !== GRANT_TYPE)
    throw new OAuthError('unsupported_grant_type', `The only grant_type is ${GRANT_TYPE}`);
  return { ...client, scope: form.get('scope') };
}

/** The parameters that have a value; unknown ones are ignored. */
function formOf(headers: IncomingHttpHeaders, body: Buffer): Map<string, string> {
  const mediaType = headers['content-type']?.split(';', 1)[0]!.trim().toLowerCase();
  if (mediaType !== 'application/x-www-form-urlencoded')
    throw invalidRequest('Send the parameters as application/x-www-form-urlencoded');
  if ((headers['content-encoding'] ?? 'identity') !== 'identity' || !isUtf8(body))
    throw invalidRequest('The body is not a form in UTF-8');
  const form = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(body.toString('utf8'))) {
    if (form.has(name)) throw invalidRequest('A parameter stands twice in the form');
    form.set(name, value);
  }
  for (const [name, value] of form) if (value === '') form.delete(name);
  return form;
}

function clientOf(authorization: string | undefined, form: Map<string, string>) {
  const clientId = form.get('client_id');
  const clientSecret = form.get('client_secret');
  if (authorization === undefined) {
    if (clientId === undefined || clientSecret === undefined)
      throw new OAuthError(
        'invalid_client',
        'The client has to authenticate itself, by Basic or in the form',
      );
    return { clientId, clientSecret };
  }
  const basic = basicOf(authorization);
  if (!basic) throw new OAuthError('invalid_client', 'The header Authorization is no HTTP Basic');
  if (clientSecret !== undefined || (clientId !== undefined && clientId !== basic.clientId))
    throw invalidRequest('The client authenticates itself twice');
  return basic;
}

/** Name and password of HTTP Basic, each form-encoded before (RFC 6749 §2.3.1); null: it is something else. */
function basicOf(authorization: string): { clientId: string; clientSecret: string } | null {
  const encoded = /^Basic +([\w+/=-]+) *$/i.exec(authorization)?.[1];
  if (encoded === undefined) return null;
  const text = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  if (colon === -1) return null;
  try {
    return { clientId: formDecoded(text.slice(0, colon)), clientSecret: formDecoded(text.slice(colon + 1)) };
  } catch {
    return null;
  }
}

function formDecoded(text: string): string {
  return decodeURIComponent(text.replaceAll('+', ' '));
}

function invalidRequest(description: string): OAuthError {
  return new OAuthError('invalid_request', description);
}
