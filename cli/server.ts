import { type Connection, type GrantedToken, Identity } from './connection.ts';
import { CliFailure, Refusal, unreachable } from './failures.ts';

/** Longer than any command may take. */
const ANSWER_MS_MAX = 150_000;

interface Envelope {
  success: boolean;
  data: unknown;
  message: string;
  errors?: string[];
  code?: string;
}

/** What a command gave. */
export interface Done<Data> {
  data: Data;
  message: string;
}

/** The server as the client speaks to it: HTTP and nothing else. */
export class Server {
  private readonly identity: Identity;

  constructor(private readonly connection: Connection) {
    this.identity = new Identity(connection, (authorization) => this.grant(authorization));
  }

  get url(): string {
    return this.connection.url.href.replace(/\/$/, '');
  }

  /** Gives a command or asks a query. @throws Refusal with the server's sentences. */
  async command<Data>($type: string, fields: Record<string, unknown> = {}): Promise<Done<Data>> {
    const { response, value } = await this.askAsCaller('api/bpm/cmd', () => ({
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ ...fields, $type }),
    }));
    const envelope = value as Envelope;
    if (typeof envelope?.success !== 'boolean') throw this.stranger(response.status);
    if (!envelope.success) throw refusalOf(envelope, response);
    return { data: envelope.data as Data, message: envelope.message };
  }

  /** A document that everybody may read; null where there is none. */
  async document(path: string): Promise<unknown> {
    const response = await this.fetch(path, {});
    return response.ok ? jsonOf(await response.text()) : null;
  }

  /** Opens a stream of events. @throws Refusal as a command does. */
  async stream(path: string, headers: Record<string, string>, signal: AbortSignal): Promise<Response> {
    for (;;) {
      const identity = await this.identity.headers();
      const response = await this.fetch(path, { headers: { ...headers, ...identity }, signal });
      if (response.status === 401 && this.identity.forget()) continue;
      if (response.ok && response.headers.get('content-type')?.startsWith('text/event-stream'))
        return response;
      const envelope = jsonOf(await response.text()) as Envelope | undefined;
      if (envelope?.success === false) throw refusalOf(envelope, response);
      throw this.stranger(response.status);
    }
  }

  /** Sends it once more where the token of client credentials is not good any more. */
  private async askAsCaller(path: string, request: () => RequestInit & { headers: Record<string, string> }) {
    for (;;) {
      const { headers, ...rest } = request();
      const response = await this.fetch(path, {
        ...rest,
        headers: { ...headers, ...(await this.identity.headers()) },
        signal: AbortSignal.timeout(ANSWER_MS_MAX),
      });
      if (response.status === 401 && this.identity.forget()) continue;
      return { response, value: jsonOf(await this.textOf(response)) };
    }
  }

  /** Client credentials (RFC 6749 §4.4). */
  private async grant(authorization: string): Promise<GrantedToken> {
    const response = await this.fetch('oauth/token', {
      method: 'POST',
      headers: {
        authorization,
        'content-type': 'application/x-www-form-urlencoded',
        accept: 'application/json',
      },
      body: 'grant_type=client_credentials',
      signal: AbortSignal.timeout(ANSWER_MS_MAX),
    });
    const answer = jsonOf(await this.textOf(response)) as Record<string, unknown> | undefined;
    if (response.ok && typeof answer?.['access_token'] === 'string')
      return { token: answer['access_token'], expiresInSeconds: Number(answer['expires_in'] ?? 3600) };
    if (typeof answer?.['error'] === 'string')
      throw grantRefusal(answer['error'], answer['error_description']);
    throw this.stranger(response.status);
  }

  private async textOf(response: Response): Promise<string> {
    try {
      return await response.text();
    } catch (error) {
      throw this.away(error);
    }
  }

  private async fetch(path: string, init: RequestInit): Promise<Response> {
    let response: Response;
    try {
      // What a redirect leads to must not get the credentials.
      response = await fetch(new URL(path, this.connection.url), { ...init, redirect: 'manual' });
    } catch (error) {
      throw this.away(error);
    }
    if (response.status < 300 || response.status > 399) return response;
    const target = response.headers.get('location') ?? 'nowhere';
    throw unreachable(`${this.url} redirects to ${target}, which is not followed: say that address as --url`);
  }

  private away(error: unknown): CliFailure {
    const cause = (error as Error).cause as (Error & { code?: string }) | undefined;
    if ((error as Error).name === 'TimeoutError')
      return unreachable(
        `${this.url} did not answer within ${ANSWER_MS_MAX / 1000} s; what was asked may still be done`,
      );
    const reason = cause?.code ?? cause?.message ?? (error as Error).message;
    return unreachable(`${this.url} cannot be reached (${reason})`);
  }

  private stranger(status: number): CliFailure {
    return unreachable(
      `${this.url} answered ${status} with something that is not Signalbox's: is the address right?`,
    );
  }
}

function refusalOf({ message, errors = [], code = '' }: Envelope, response: Response): Refusal {
  const details = [...errors];
  const retryAfter = response.headers.get('retry-after');
  if (retryAfter) details.push(`Try again in ${retryAfter} s`);
  if (response.status >= 500)
    details.push(
      `The server's log has more under the request id ${response.headers.get('x-request-id') ?? '?'}`,
    );
  return new Refusal(message, details, code);
}

function grantRefusal(error: string, description: unknown): Refusal {
  const details = typeof description === 'string' ? [description] : [];
  if (error === 'invalid_client')
    details.push('Check SIGNALBOX_CLIENT_ID and SIGNALBOX_CLIENT_SECRET, and that the client is enabled');
  return new Refusal('No token for these client credentials', details, error);
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
