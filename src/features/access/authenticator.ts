import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { Injectable } from '@nestjs/common';
import type { Caller } from '../../bus/index.ts';
import { AppError } from '../../platform/errors.ts';
import { AccessTokens } from './access-tokens.ts';
import { Callers } from './callers.ts';

/** Finds out who is calling, from `Authorization: Bearer` or `X-API-Key`. */
@Injectable()
export class Authenticator {
  private readonly apiKeys: { digest: Buffer; callerId: string }[] = [];

  constructor(
    private readonly tokens: AccessTokens,
    private readonly callers: Callers,
  ) {}

  /** From now on this API key is that caller's. */
  accept(apiKey: string, callerId: string): void {
    this.apiKeys.push({ digest: digestOf(apiKey), callerId });
  }

  /** @throws AppError 401 without credentials, or with bad ones. */
  async authenticate(headers: IncomingHttpHeaders): Promise<Caller> {
    const callerId = await this.claimedId(headers);
    const caller = callerId === null ? null : this.callers.find(callerId);
    if (!caller) throw credentialsRefused();
    return caller;
  }

  private async claimedId(headers: IncomingHttpHeaders): Promise<string | null> {
    const { authorization } = headers;
    if (authorization !== undefined) {
      if (!/^Bearer\b/i.test(authorization)) throw credentialsMissing();
      const token = /^Bearer +([\w.~+/=-]+) *$/i.exec(authorization)?.[1];
      return token === undefined ? null : await this.tokens.read(token);
    }
    const apiKey = headers['x-api-key'];
    if (typeof apiKey !== 'string' || apiKey === '') throw credentialsMissing();
    return this.ownerOf(apiKey);
  }

  private ownerOf(apiKey: string): string | null {
    const digest = digestOf(apiKey);
    let owner: string | null = null;
    // No early exit: the time does not tell which key came close.
    for (const known of this.apiKeys) if (timingSafeEqual(known.digest, digest)) owner = known.callerId;
    return owner;
  }
}

function digestOf(apiKey: string): Buffer {
  return createHash('sha256').update(apiKey).digest();
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
