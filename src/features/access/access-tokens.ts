import { Injectable } from '@nestjs/common';
import { exportJWK, generateKeyPair, importJWK, type CryptoKey, type JWK, jwtVerify, SignJWT } from 'jose';
import { IsNull, LessThan, Not } from 'typeorm';
import type { Permission } from '../../bus/index.ts';
import { Clock } from '../../platform/clock.ts';
import { Database, type Tx } from '../../platform/db/index.ts';
import { newId } from '../../platform/ids.ts';
import { Sealer } from '../../platform/sealing.ts';
import { SigningKeyEntity } from './signing-key.entity.ts';

/** Seconds an access token is good for (contract §10). */
export const ACCESS_TOKEN_SECONDS = 3600;

const ISSUER = 'signalbox';
const ALGORITHM = 'EdDSA';

/** What a token is bound to besides its caller. */
export interface TokenTerms {
  /** Of the caller's credentials: a later one makes the token worthless. */
  generation: number;
  /** Absent: everything that the caller may do. */
  scope?: readonly Permission[];
}

interface KeyPair {
  kid: string;
  privateKey: CryptoKey;
  publicKey: CryptoKey;
  publicJwk: JWK;
  /** Milliseconds since 1970 up to which it verifies; Infinity: it signs. */
  until: number;
}

/** Makes and reads our access tokens: JWTs signed with Ed25519, one algorithm, our own keys only. */
@Injectable()
export class AccessTokens {
  private current: KeyPair | null = null;
  private readonly keys = new Map<string, KeyPair>();
  /** Counts the rotations. */
  changes = 0;

  constructor(
    private readonly database: Database,
    private readonly sealer: Sealer,
    private readonly clock: Clock,
  ) {}

  /** Loads the signing keys, making the first one. @throws when SECRETS_KEY is not the key they were sealed with. */
  async load(): Promise<void> {
    const keys = await this.database.read.find(SigningKeyEntity, {
      where: { purpose: 'access-tokens' },
      order: { id: 'ASC' },
    });
    if (keys.length === 0) keys.push(await this.firstKey());
    for (const key of keys) this.hold(await this.open(key));
    this.database.changes.follow('signing_keys', (tx) => this.reload(tx));
  }

  /** The keys as another process has changed them. */
  private async reload(tx: Tx): Promise<void> {
    const keys = await tx.manager.find(SigningKeyEntity, {
      where: { purpose: 'access-tokens' },
      order: { id: 'ASC' },
    });
    const opened = await Promise.all(keys.map((key) => this.open(key)));
    tx.afterCommit(() => {
      this.changes += 1;
      this.keys.clear();
      for (const key of opened) this.hold(key);
    });
  }

  /** The public keys with which tokens verify now, as RFC 7517 has them. */
  jwks(): { keys: JWK[] } {
    const now = this.clock.now();
    return { keys: [...this.keys.values()].filter(({ until }) => until > now).map((key) => key.publicJwk) };
  }

  /**
   * Signs with a new key from now on. The old ones verify as long as their last token lives, or not at all any more.
   * @returns the new one's id.
   */
  async rotate({ isOldRevoked }: { isOldRevoked: boolean }): Promise<(tx: Tx) => Promise<string>> {
    const made = await newKey(this.sealer, this.clock.now());
    const opened = await this.open(made);
    return async (tx) => {
      const now = this.clock.now();
      const before = { purpose: 'access-tokens', id: Not(made.id) } as const;
      const ended = isOldRevoked ? {} : { retiredAt: LessThan(now - ACCESS_TOKEN_SECONDS * 1000) };
      await tx.manager.delete(SigningKeyEntity, { ...before, ...ended });
      await tx.manager.update(SigningKeyEntity, { ...before, retiredAt: IsNull() }, { retiredAt: now });
      await tx.manager.insert(SigningKeyEntity, made);
      tx.afterCommit(() => {
        this.changes += 1;
        if (isOldRevoked) this.keys.clear();
        for (const key of this.keys.values()) key.until = Math.min(key.until, untilOf(now));
        this.hold(opened);
      });
      return made.id;
    };
  }

  async issue(callerId: string, { generation, scope }: TokenTerms): Promise<string> {
    const { current } = this;
    if (!current) throw new Error('The signing keys are not loaded');
    const now = Math.floor(this.clock.now() / 1000);
    return await new SignJWT({ gen: generation, ...(scope && { scope: scope.join(' ') }) })
      .setProtectedHeader({ alg: ALGORITHM, kid: current.kid, typ: 'at+jwt' })
      .setIssuer(ISSUER)
      .setAudience(ISSUER)
      .setSubject(callerId)
      .setIssuedAt(now)
      .setNotBefore(now)
      .setExpirationTime(now + ACCESS_TOKEN_SECONDS)
      .sign(current.privateKey);
  }

  /** What a token says, or null for one that is not ours, not valid now or altered. */
  async read(token: string): Promise<(TokenTerms & { callerId: string }) | null> {
    try {
      const { payload } = await jwtVerify(token, ({ kid }) => this.publicKey(kid), {
        algorithms: [ALGORITHM],
        issuer: ISSUER,
        audience: ISSUER,
        typ: 'at+jwt',
        requiredClaims: ['sub', 'exp', 'nbf', 'gen'],
        currentDate: new Date(this.clock.now()),
      });
      const { sub, gen, scope } = payload as { sub: string; gen: number; scope?: string };
      return {
        callerId: sub,
        generation: gen,
        ...(scope !== undefined && { scope: scope.split(' ') as Permission[] }),
      };
    } catch {
      return null;
    }
  }

  private hold(key: KeyPair): void {
    this.keys.set(key.kid, key);
    if (key.until === Infinity) this.current = key;
  }

  private publicKey(kid: string | undefined): CryptoKey {
    const key = this.keys.get(kid ?? '');
    if (!key || key.until <= this.clock.now()) throw new Error('Unknown key');
    return key.publicKey;
  }

  /** Of several processes that start at once on an empty database one makes it. */
  private async firstKey(): Promise<SigningKeyEntity> {
    const made = await newKey(this.sealer, this.clock.now());
    return await this.database.door.transaction(async (tx) => {
      const known = await tx.manager.findOneBy(SigningKeyEntity, {
        purpose: 'access-tokens',
        retiredAt: IsNull(),
      });
      if (!known) await tx.manager.insert(SigningKeyEntity, made);
      return known ?? made;
    });
  }

  private async open(key: SigningKeyEntity): Promise<KeyPair> {
    const jwk = JSON.parse(this.sealer.open(key.sealedPrivateKey).toString()) as JWK;
    const { d: _secret, ...publicJwk } = jwk;
    return {
      kid: key.id,
      privateKey: (await importJWK(jwk, ALGORITHM)) as CryptoKey,
      publicKey: (await importJWK(publicJwk, ALGORITHM)) as CryptoKey,
      publicJwk: { ...publicJwk, kid: key.id, alg: ALGORITHM, use: 'sig' },
      until: key.retiredAt === null ? Infinity : untilOf(key.retiredAt),
    };
  }
}

async function newKey(sealer: Sealer, createdAt: number): Promise<SigningKeyEntity> {
  const { privateKey } = await generateKeyPair(ALGORITHM, { crv: 'Ed25519', extractable: true });
  const text = JSON.stringify(await exportJWK(privateKey));
  return {
    id: newId('sgk'),
    purpose: 'access-tokens',
    sealedPrivateKey: sealer.seal(Buffer.from(text)),
    createdAt,
    retiredAt: null,
  };
}

/** The last token of a retired key ends then. */
function untilOf(retiredAt: number): number {
  return retiredAt + ACCESS_TOKEN_SECONDS * 1000;
}
