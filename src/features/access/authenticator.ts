import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { Injectable } from '@nestjs/common';
import { accountField, accountNotFound, boundTo, type Caller } from '../../bus/index.ts';
import { AppError } from '../../platform/errors.ts';
import { AccessTokens } from './access-tokens.ts';
import { Callers } from './callers.ts';
import { ClientCredentials } from './client-credentials.ts';

/** Finds out who is calling, from `Authorization: Bearer` or `X-API-Key`. */
@Injectable()
export class Authenticator {
  /** The key of ADMIN_API_KEY, which is stored nowhere. */
  private operators: { digest: Buffer; callerId: string } | null = null;

  constructor(
    private readonly tokens: AccessTokens,
    private readonly callers: Callers,
    private readonly credentials: ClientCredentials,
  ) {}

  /** Reads what it knows credentials by. @throws when SECRETS_KEY is not the key with which they were written. */
  async load(): Promise<void> {
    await this.tokens.load();
    await this.credentials.load();
  }

  /** From now on the operator's API key is that caller's. */
  accept(apiKey: string, callerId: string): void {
    this.operators = { digest: digestOf(apiKey), callerId };
  }

  /** Changes when somebody's access does, or what proves it: whoever was authenticated before has to be once more. */
  get epoch(): number {
    return this.callers.changes + this.credentials.changes + this.tokens.changes;
  }

  /** @throws AppError 401 without credentials, or with bad ones; 404 for an account in which the caller may not act. */
  async authenticate(headers: IncomingHttpHeaders): Promise<Caller> {
    const caller = await this.claimed(headers);
    if (!caller) throw credentialsRefused();
    const named = headers['x-account-id'];
    return named === undefined ? caller : inAccount(caller, String(named));
  }

  private async claimed(headers: IncomingHttpHeaders): Promise<Caller | null> {
    const { authorization } = headers;
    if (authorization !== undefined) {
      if (!/^Bearer\b/i.test(authorization)) throw credentialsMissing();
      const token = /^Bearer +([\w.~+/=-]+) *$/i.exec(authorization)?.[1];
      return token === undefined ? null : await this.holderOf(token);
    }
    const apiKey = headers['x-api-key'];
    if (typeof apiKey !== 'string' || apiKey === '') throw credentialsMissing();
    const callerId = this.isOperators(apiKey)
      ? this.operators!.callerId
      : this.credentials.ownerOf('api-key', apiKey);
    return callerId === null ? null : this.callers.present(callerId);
  }

  private async holderOf(token: string): Promise<Caller | null> {
    const read = await this.tokens.read(token);
    const caller = read && this.callers.present(read.callerId, read.generation);
    if (!caller || !read.scope) return caller;
    // Of what the token was given, what its caller still has.
    const permissions = new Set(read.scope.filter((permission) => caller.permissions.has(permission)));
    return { ...caller, permissions };
  }

  private isOperators(apiKey: string): boolean {
    return this.operators !== null && timingSafeEqual(this.operators.digest, digestOf(apiKey));
  }
}

function digestOf(apiKey: string): Buffer {
  return createHash('sha256').update(apiKey).digest();
}

/** The caller as it acts in the account that the request names. */
function inAccount(caller: Caller, named: string): Caller {
  const parsed = accountField.safeParse(named);
  if (!parsed.success) {
    throw new AppError({
      code: 'http.invalid',
      kind: 'invalid',
      publicMessage: 'Validation failed',
      details: [`The header X-Account-Id ${parsed.error.issues[0]!.message}`],
    });
  }
  const acting = boundTo(caller, named);
  if (!acting) throw accountNotFound(named);
  return acting;
}

function credentialsMissing(): AppError {
  return new AppError({
    code: 'access.credentials-missing',
    kind: 'unauthenticated',
    publicMessage: 'Authentication required',
    details: ['Send a token (Authorization: Bearer …) or an API key (X-API-Key)'],
  });
}

function credentialsRefused(): AppError {
  return new AppError({
    code: 'access.credentials-refused',
    kind: 'unauthenticated',
    publicMessage: 'Authentication failed',
    details: ['The token or API key is not valid'],
  });
}
