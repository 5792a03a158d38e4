import { Injectable } from '@nestjs/common';
import { type Caller, lasting, permissions, type Permission } from '../../bus/index.ts';
import { Clock } from '../../platform/clock.ts';
import { FailureLimit } from '../../platform/failure-limit.ts';
import { ACCESS_TOKEN_SECONDS, AccessTokens } from './access-tokens.ts';
import { Callers } from './callers.ts';
import { ClientCredentials } from './client-credentials.ts';
import { OAuthError } from './oauth.errors.ts';

/** The answer of RFC 6749 §5.1. */
export interface ClientToken {
  access_token: string;
  token_type: 'bearer';
  expires_in: number;
  scope: string;
}

export interface TokenWish {
  clientId: string;
  clientSecret: string;
  /** Permissions, separated by spaces; absent: all that the client has. */
  scope?: string | undefined;
  address: string;
}

/** As for people who sign in. */
const FAILURES_MAX = 10;

/** Trades a client's secret for a token (RFC 6749 §4.4). */
@Injectable()
export class ClientTokens {
  private readonly failed = new FailureLimit(FAILURES_MAX);

  constructor(
    private readonly credentials: ClientCredentials,
    private readonly callers: Callers,
    private readonly tokens: AccessTokens,
    private readonly clock: Clock,
  ) {}

  /** @throws OAuthError for an unknown client as for a wrong secret, for a scope it does not have, for too many failures. */
  async issue({ clientId, clientSecret, scope, address }: TokenWish): Promise<ClientToken> {
    const now = this.clock.now();
    const wait = this.failed.secondsToWait(clientId, address, now);
    if (wait > 0) {
      throw new OAuthError(
        'temporarily_unavailable',
        `Too many failed attempts; try again in ${wait} s`,
        wait,
      );
    }
    // The same steps whether the client is unknown, disabled or has another secret.
    const owner = this.credentials.ownerOf('client-secret', clientSecret);
    const client = this.callers.present(clientId);
    if (!client || owner !== clientId) {
      this.failed.note(clientId, address, now);
      throw new OAuthError('invalid_client', 'The client or its secret is not valid');
    }
    const granted = grantedScope(client, scope);
    return {
      access_token: await this.tokens.issue(clientId, {
        generation: this.callers.generationOf(clientId),
        // What was asked for stays what it was, whatever the client gets later.
        ...(scope !== undefined && { scope: granted }),
      }),
      token_type: 'bearer',
      expires_in: ACCESS_TOKEN_SECONDS,
      scope: granted.join(' '),
    };
  }
}

/** @throws OAuthError where a part of it is unknown, is not the client's, or would outlast the token's limits. */
function grantedScope(client: Caller, scope: string | undefined): Permission[] {
  const own = permissions.filter((permission) => client.permissions.has(permission));
  if (scope === undefined) return own;
  const wanted = new Set(scope.split(' ').filter((word) => word !== ''));
  if (wanted.size === 0) return own;
  const granted = own.filter((permission) => wanted.has(permission));
  if (granted.length !== wanted.size) {
    const missing = [...wanted].find((word) => !(granted as string[]).includes(word))!;
    throw new OAuthError('invalid_scope', `The client does not have the permission "${printable(missing)}"`);
  }
  const outlasting = granted.find((permission) => lasting.includes(permission));
  // What is saved runs as the client, with all that it may do: a narrower token would be none.
  if (outlasting !== undefined && granted.length < own.length) {
    throw new OAuthError(
      'invalid_scope',
      `${outlasting} can only be asked for with all permissions of the client: what it leaves behind acts with all of them`,
    );
  }
  return granted;
}

/** RFC 6749 §5.2 knows only these letters in a description. */
function printable(text: string): string {
  return text.replaceAll(/[^\x20-\x21\x23-\x5B\x5D-\x7E]/g, '?').slice(0, 100);
}
