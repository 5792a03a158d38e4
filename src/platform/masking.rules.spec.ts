import { describe, expect, it } from 'vitest';
import { isSecretName, MASK, maskedJson } from './masking.rules.ts';

/** What the masked text says. */
const masked = (value: unknown) => JSON.parse(maskedJson(value)) as unknown;

describe('A name', () => {
  it.each([
    'Authorization',
    'authorization',
    'Proxy-Authorization',
    'Cookie',
    'Set-Cookie',
    'X-API-Key',
    'x-api-key',
    'api_key',
    'apikey',
    'apiKey',
    'x_api_key',
    'password',
    'oldPassword',
    'client_secret',
    'clientSecret',
    'access_token',
    'refreshToken',
    'mono-webhook-secret',
    'X-Hub-Signature-256',
    'Stripe-Signature',
    'privateKey',
    'private_key',
    'private-key',
    'credentials',
  ])('is that of a credential when it is %s', (name) => {
    expect(isSecretName(name)).toBe(true);
  });

  it.each([
    'key',
    'name',
    'content-type',
    'x-request-id',
    'author',
    'keyboard',
    'host',
    'url',
    'isEnabled',
    '',
  ])('is nobody’s secret when it is "%s"', (name) => {
    expect(isSecretName(name)).toBe(false);
  });
});

describe('Masked JSON', () => {
  it('has the mask in place of each credential, at any depth and of any kind', () => {
    expect(
      masked({
        name: 'Ada',
        password: 'x',
        token: 5,
        secrets: ['a', 'b'],
        apiKey: { nested: true },
        inner: [{ Authorization: 'Bearer x', shop: 'north' }],
      }),
    ).toStrictEqual({
      name: 'Ada',
      password: MASK,
      token: MASK,
      secrets: MASK,
      apiKey: MASK,
      inner: [{ Authorization: MASK, shop: 'north' }],
    });
  });

  it('leaves null as it is: that there is no secret is none', () => {
    expect(masked({ password: null })).toStrictEqual({ password: null });
  });

  it('masks an empty credential too, so that nobody learns that it is empty', () => {
    expect(masked({ password: '' })).toStrictEqual({ password: MASK });
  });

  it.each([
    [undefined, null],
    [null, null],
    ['password', 'password'],
    [5, 5],
    [[], []],
  ])('of %o is %o', (value, expected) => {
    expect(masked(value)).toStrictEqual(expected);
  });

  it('does not change what it was made from', () => {
    const value = Object.freeze({ password: 'x' });
    maskedJson(value);
    expect(value.password).toBe('x');
  });

  it('is not fooled by a field of the name __proto__', () => {
    const value: unknown = JSON.parse('{"__proto__":{"password":"x"},"a":1}');
    expect(maskedJson(value)).toBe(`{"__proto__":{"password":"${MASK}"},"a":1}`);
  });
});
