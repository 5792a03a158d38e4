import { Injectable } from '@nestjs/common';
import { exportJWK, generateKeyPair, importJWK, type CryptoKey, type JWK, jwtVerify, SignJWT } from 'jose';
import { Clock } from '../../platform/clock.ts';
import { Database } from '../../platform/db/index.ts';
import { newId } from '../../platform/ids.ts';
import { Sealer } from '../../platform/sealing.ts';
import { SigningKeyEntity } from './signing-key.entity.ts';

/** Seconds an access token is good for (contract §10). */
export const ACCESS_TOKEN_SECONDS = 3600;

const ISSUER = 'signalbox';
const ALGORITHM = 'EdDSA';

interface KeyPair {
  kid: string;
  privateKey: CryptoKey;
  publicKey: CryptoKey;
}

/** Makes and reads our access tokens: JWTs signed with Ed25519, one algorithm, our own keys only. */
@Injectable()
export class AccessTokens {
  private current: KeyPair | null = null;
  private readonly publicKeys = new Map<string, CryptoKey>();

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
    if (keys.length === 0) keys.push(await this.makeKey());
    for (const key of keys) {
      this.current = await this.open(key);
      this.publicKeys.set(key.id, this.current.publicKey);
    }
  }

  async issue(callerId: string): Promise<string> {
    const { current } = this;
    if (!current) throw new Error('The signing keys are not loaded');
    const now = Math.floor(this.clock.now() / 1000);
    return await new SignJWT({})
      .setProtectedHeader({ alg: ALGORITHM, kid: current.kid, typ: 'at+jwt' })
      .setIssuer(ISSUER)
      .setAudience(ISSUER)
      .setSubject(callerId)
      .setIssuedAt(now)
      .setNotBefore(now)
      .setExpirationTime(now + ACCESS_TOKEN_SECONDS)
      .sign(current.privateKey);
  }

  /** The id of the caller a token was issued to, or null for a token that is not ours, not valid now or altered. */
  async read(token: string): Promise<string | null> {
    try {
      const { payload } = await jwtVerify(token, ({ kid }) => this.publicKey(kid), {
        algorithms: [ALGORITHM],
        issuer: ISSUER,
        audience: ISSUER,
        typ: 'at+jwt',
        requiredClaims: ['sub', 'exp', 'nbf'],
        currentDate: new Date(this.clock.now()),
      });
      return payload.sub ?? null;
    } catch {
      return null;
    }
  }

  private publicKey(kid: string | undefined): CryptoKey {
    const key = this.publicKeys.get(kid ?? '');
    if (!key) throw new Error('Unknown key');
    return key;
  }

  private async makeKey(): Promise<SigningKeyEntity> {
    const { privateKey } = await generateKeyPair(ALGORITHM, { crv: 'Ed25519', extractable: true });
    const text = JSON.stringify(await exportJWK(privateKey));
    const key: SigningKeyEntity = {
      id: newId('sgk'),
      purpose: 'access-tokens',
      sealedPrivateKey: this.sealer.seal(Buffer.from(text)),
      createdAt: this.clock.now(),
    };
    await this.database.door.transaction((tx) => tx.manager.insert(SigningKeyEntity, key));
    return key;
  }

  private async open(key: SigningKeyEntity): Promise<KeyPair> {
    const jwk = JSON.parse(this.sealer.open(key.sealedPrivateKey).toString()) as JWK;
    const { d: _secret, ...publicJwk } = jwk;
    return {
      kid: key.id,
      privateKey: (await importJWK(jwk, ALGORITHM)) as CryptoKey,
      publicKey: (await importJWK(publicJwk, ALGORITHM)) as CryptoKey,
    };
  }
}
