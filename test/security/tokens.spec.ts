import { createHmac, createPublicKey, generateKeyPairSync, sign, verify } from 'node:crypto';
import { type CryptoKey, type JWTPayload, SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AccessTokens } from '../../src/features/access/index.ts';
import { madeClient, type MadeClient, statusWith, tokenOf } from '../commands/support/access.ts';
import { InProcess } from '../support/in-process.ts';
import { Signalbox } from '../support/signalbox.ts';

type Json = Record<string, unknown>;

let signalbox: Signalbox;
let client: MadeClient;
let token: string;
let header: Json;
let payload: Json;
let jwk: Json;

beforeAll(async () => {
  signalbox = await Signalbox.start();
  client = await madeClient(signalbox, { role: 'admin' });
  token = (await tokenOf(signalbox, client))['Authorization']!.slice('Bearer '.length);
  [header, payload] = token
    .split('.', 2)
    .map((part) => JSON.parse(Buffer.from(part, 'base64url').toString()) as Json) as [Json, Json];
  const response = await fetch(`${signalbox.url}/.well-known/jwks.json`);
  jwk = ((await response.json()) as { keys: Json[] }).keys[0]!;
});
afterAll(() => signalbox.stop());

const encoded = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
const statusOf = (text: string) => statusWith(signalbox, { Authorization: `Bearer ${text}` });
const stranger = generateKeyPairSync('ed25519');

/** A token with these parts, signed by a stranger's Ed25519 key. */
function forged(changes: { header?: Json; payload?: Json } = {}): string {
  const text = `${encoded({ ...header, ...changes.header })}.${encoded({ ...payload, ...changes.payload })}`;
  return `${text}.${sign(null, Buffer.from(text), stranger.privateKey).toString('base64url')}`;
}

function byHmac(key: string | Buffer, changes: Json = {}): string {
  const text = `${encoded({ ...header, alg: 'HS256', ...changes })}.${encoded(payload)}`;
  return `${text}.${createHmac('sha256', key).update(text).digest('base64url')}`;
}

describe('The public keys', () => {
  it('verify our tokens, as RFC 7517 and RFC 8037 have them, and tell nothing private', () => {
    expect(jwk).toStrictEqual({
      kty: 'OKP',
      crv: 'Ed25519',
      x: expect.stringMatching(/^[\w-]{43}$/),
      kid: header['kid'],
      alg: 'EdDSA',
      use: 'sig',
    });
    const key = createPublicKey({ key: jwk, format: 'jwk' });
    const [head, body, signature] = token.split('.');
    expect(verify(null, Buffer.from(`${head}.${body}`), key, Buffer.from(signature!, 'base64url'))).toBe(
      true,
    );
  });

  it('may be cached for a minute, so that a new one is known before its tokens are old', async () => {
    const response = await fetch(`${signalbox.url}/.well-known/jwks.json`);
    expect(response.headers.get('cache-control')).toBe('public, max-age=60');
    expect(response.headers.get('content-type')).toMatch(/^application\/json\b/);
  });
});

describe('A token', () => {
  it('of ours is taken', async () => {
    expect(await statusOf(token)).toBe(200);
  });

  it('that says alg none is refused, in whatever letters, with a signature and without', async () => {
    for (const alg of ['none', 'None', 'NONE', 'nOnE', '']) {
      const text = `${encoded({ ...header, alg })}.${encoded(payload)}`;
      for (const signature of ['', token.split('.')[2]!])
        expect(await statusOf(`${text}.${signature}`)).toBe(401);
    }
  });

  it('whose signature is gone, cut or another’s is refused', async () => {
    const [head, body, signature] = token.split('.');
    for (const text of [
      `${head}.${body}`,
      `${head}.${body}.`,
      `${head}.${body}.${signature!.slice(0, -4)}`,
      `${head}.${body}.${signature!.replace(/^./, (letter) => (letter === 'A' ? 'B' : 'A'))}`,
      `${head}.${body}.${signature}.${signature}`,
    ])
      expect(await statusOf(text)).toBe(401);
  });

  it('signed with another key is refused, whatever kid it names', async () => {
    for (const kid of [header['kid'], 'sgk_other', '', null, '../../dev/null', "' OR 1=1 --"])
      expect(await statusOf(forged({ header: { kid } }))).toBe(401);
  });

  it('signed by HMAC with our public key in its place is refused', async () => {
    const key = createPublicKey({ key: jwk, format: 'jwk' });
    const pem = key.export({ type: 'spki', format: 'pem' });
    const der = key.export({ type: 'spki', format: 'der' });
    for (const secret of [pem, der, Buffer.from(String(jwk['x']), 'base64url'), String(jwk['x']), ''])
      for (const alg of ['HS256', 'EdDSA']) expect(await statusOf(byHmac(secret, { alg }))).toBe(401);
  });

  it('that brings its own key along is refused', async () => {
    const own = stranger.publicKey.export({ format: 'jwk' }) as Json;
    for (const changes of [
      { jwk: own },
      { jwk: own, kid: undefined },
      { jku: `${signalbox.url}/.well-known/jwks.json` },
      { x5c: ['MIIB'], x5u: 'http://127.0.0.1:9/' },
      { crit: ['b64'], b64: false },
    ])
      expect(await statusOf(forged({ header: changes }))).toBe(401);
  });

  it('that says of itself what it likes is refused: of another, for longer, for more', async () => {
    for (const changes of [
      { sub: 'usr_admin' },
      { exp: 9_999_999_999 },
      { gen: 99 },
      { scope: 'access:manage' },
      { aud: 'other' },
      { iss: 'other' },
    ]) {
      expect(await statusOf(forged({ payload: changes }))).toBe(401);
      const [head, , signature] = token.split('.');
      expect(await statusOf(`${head}.${encoded({ ...payload, ...changes })}.${signature}`)).toBe(401);
    }
  });

  it('that is no token is refused with the challenge of RFC 6750', async () => {
    for (const text of [
      '',
      'a',
      'a.b.c',
      '.'.repeat(100),
      'x'.repeat(4000),
      `${token} ${token}`,
      '{}.{}.{}',
    ]) {
      const answer = await signalbox.command(
        'GetCommandCatalogueQuery',
        {},
        { Authorization: `Bearer ${text}` },
      );
      expect([answer.status, answer.headers.get('www-authenticate')]).toEqual([
        401,
        text === '' ? expect.stringMatching(/^Bearer/) : 'Bearer error="invalid_token"',
      ]);
    }
  });
});

describe('A token that is signed with our own key', () => {
  it('is refused when it is for others, from others, of another kind, early, over or incomplete', async () => {
    const server = await InProcess.start();
    const tokens = server.app.get(AccessTokens) as unknown as {
      current: { kid: string; privateKey: CryptoKey };
    };
    const { kid, privateKey } = tokens.current;
    const made = await server.command<MadeClient>('CreateApiClientCommand', { name: 'm', role: 'viewer' });
    const now = Math.floor(Date.now() / 1000);
    const claims = {
      iss: 'signalbox',
      aud: 'signalbox',
      sub: made.body.data.id,
      gen: 1,
      iat: now,
      nbf: now,
      exp: now + 3600,
    };
    const statusOfSigned = async (changes: Json, typ = 'at+jwt') => {
      const whole = Object.entries({ ...claims, ...changes }).filter(([, value]) => value !== undefined);
      const text = await new SignJWT(Object.fromEntries(whole) as JWTPayload)
        .setProtectedHeader({ alg: 'EdDSA', kid, typ })
        .sign(privateKey);
      const headers = { Authorization: `Bearer ${text}` };
      return (await server.command('GetCommandCatalogueQuery', {}, headers)).status;
    };
    expect(await statusOfSigned({})).toBe(200);
    for (const changes of [
      { aud: 'other' },
      { aud: undefined },
      { iss: 'other' },
      { iss: undefined },
      { nbf: now + 600 },
      { nbf: undefined },
      { exp: now - 1 },
      { exp: undefined },
      { gen: 2 },
      { gen: undefined },
      { gen: '1' },
      { sub: 'cli_nobody' },
      { sub: undefined },
    ] as Json[])
      expect([changes, await statusOfSigned(changes)]).toEqual([changes, 401]);
    expect(await statusOfSigned({}, 'JWT')).toBe(401);
    await server.stop();
  });
});

describe('Time', () => {
  it('ends a token after an hour, and refuses one that is not valid yet or is for somebody else', async () => {
    const server = await InProcess.start();
    const made = await server.command<MadeClient>('CreateApiClientCommand', { name: 'm', role: 'viewer' });
    const form = {
      grant_type: 'client_credentials',
      client_id: made.body.data.id,
      client_secret: made.body.data.clientSecret,
    };
    const response = await fetch(`${server.url}/oauth/token`, {
      method: 'POST',
      body: new URLSearchParams(form),
    });
    const { access_token: text } = (await response.json()) as { access_token: string };
    const headers = { Authorization: `Bearer ${text}` };
    const status = async () => (await server.command('GetCommandCatalogueQuery', {}, headers)).status;
    expect(await status()).toBe(200);
    server.moveClock(-60_000);
    expect(await status()).toBe(401);
    server.moveClock(60_000 + 3_500_000);
    expect(await status()).toBe(200);
    server.moveClock(110_000);
    expect(await status()).toBe(401);
    await server.stop();
  });

  it('ends the old signing key an hour after the rotation, also over a restart', async () => {
    const server = await InProcess.start();
    await server.command('RotateSigningKeyCommand');
    expect(await keysOf(server.url)).toBe(2);
    await server.stop({ keepsFolder: true });
    const again = await InProcess.start({}, server.dataFolder);
    expect(await keysOf(again.url)).toBe(2);
    again.moveClock(3_601_000);
    expect(await keysOf(again.url)).toBe(1);
    await again.stop();
  });
});

async function keysOf(url: string): Promise<number> {
  const response = await fetch(`${url}/.well-known/jwks.json`);
  return ((await response.json()) as { keys: Json[] }).keys.length;
}
