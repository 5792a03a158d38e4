import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CAST_PASSWORD, type Cast, startWithRoles } from '../support/roles.ts';
import type { Answer } from '../support/signalbox.ts';
import { sendRaw } from './support/raw-request.ts';

interface SignedIn {
  token: string;
  refreshToken: string;
  expiresIn: number;
}

let cast: Cast;

beforeAll(async () => {
  cast = await startWithRoles();
});
afterAll(() => cast.stop());

function post(path: string, body: unknown, headers: Record<string, string> = {}): Promise<Answer<unknown>> {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return sendRaw(cast.signalbox, {
    path: `/api/auth/${path}`,
    headers: { 'X-API-Key': '', ...headers },
    body: text,
  });
}

function login(username: string, password = CAST_PASSWORD): Promise<Answer<unknown>> {
  return post('login', { username, password });
}

async function signedIn(username: string): Promise<SignedIn> {
  const { body } = await login(username);
  if (!body.success) throw new Error(JSON.stringify(body));
  return body.data as SignedIn;
}

/** The same text but for its first character. */
function flip(text: string): string {
  return `${text.startsWith('A') ? 'B' : 'A'}${text.slice(1)}`;
}

/** The status that a query gets with this token. */
async function statusWith(token: string): Promise<number> {
  const headers = { Authorization: `Bearer ${token}` };
  return (await cast.signalbox.command('GetCommandCatalogueQuery', {}, headers)).status;
}

const wrong = {
  success: false,
  data: null,
  message: 'Login failed',
  errors: ['User name or password is wrong'],
  code: 'access.login-failed',
};

describe('Login', () => {
  it('answers a token for an hour and a refresh token', async () => {
    const answer = await login('viewer');
    expect(answer.status).toBe(200);
    expect(answer.body).toStrictEqual({
      success: true,
      data: { token: expect.any(String), refreshToken: expect.any(String), expiresIn: 3600 },
      message: 'Login successful',
    });
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(answer.headers.get('x-request-id')).toMatch(/^req_/);
  });

  it('gives a token with which its owner acts, and no other permission', async () => {
    const { token } = await signedIn('viewer');
    expect(await statusWith(token)).toBe(200);
    const headers = { Authorization: `Bearer ${token}` };
    expect((await cast.signalbox.command('DeleteWebHookConfigCommand', { id: 1 }, headers)).status).toBe(403);
  });

  it('lets the admin of the first start in', async () => {
    const { body } = await login('admin', 'correct horse battery');
    expect(body.success).toBe(true);
  });

  it.each([
    ['a wrong password', 'viewer', 'not it'],
    ['an unknown name', 'nobody', CAST_PASSWORD],
    ['a disabled user', 'leaver', CAST_PASSWORD],
    ['a name in another case', 'Viewer', CAST_PASSWORD],
    ['a password in another case', 'viewer', CAST_PASSWORD.toUpperCase()],
    ['a password with a space more', 'viewer', `${CAST_PASSWORD} `],
    ['a name that is SQL', "' OR 1=1 --", CAST_PASSWORD],
  ])('gives %s the same answer as any other failure', async (_what, username, password) => {
    const answer = await login(username, password);
    expect(answer.status).toBe(401);
    expect(answer.body).toStrictEqual(wrong);
  });

  it('answers 429 with Retry-After after ten failures in a minute, even to the right password', async () => {
    for (let n = 0; n < 10; n++) expect((await login('operator', `guess ${n}`)).status).toBe(401);
    const answer = await login('operator');
    expect(answer.status).toBe(429);
    const wait = Number(answer.headers.get('retry-after'));
    expect(wait).toBeGreaterThan(0);
    expect(wait).toBeLessThanOrEqual(60);
    expect(answer.body).toStrictEqual({
      success: false,
      data: null,
      message: 'Login failed',
      errors: [`Too many failed logins; try again in ${wait} s`],
      code: 'access.too-many-logins',
    });
    expect((await login('designer')).status).toBe(200);
  });

  it('answers 429 to unknown names as well, so that it does not tell which there are', async () => {
    for (let n = 0; n < 10; n++) await login('ghost', 'x');
    expect((await login('ghost', 'x')).status).toBe(429);
  });

  it('lets no more than ten guesses through that are made at once', async () => {
    const answers = await Promise.all(Array.from({ length: 30 }, (_, n) => login('swarm', `guess ${n}`)));
    expect(answers.filter(({ status }) => status === 401).length).toBeLessThanOrEqual(10);
    expect(answers.filter(({ status }) => status === 429).length).toBeGreaterThanOrEqual(20);
  });

  it('counts a success for nothing: it does not use up a try', async () => {
    for (let n = 0; n < 12; n++) expect((await login('stranger')).status).toBe(200);
  });
});

describe('A token', () => {
  it('is refused when a single character of it is another', async () => {
    const { token } = await signedIn('viewer');
    const [header, payload, signature] = token.split('.') as [string, string, string];
    expect(await statusWith(`${flip(header)}.${payload}.${signature}`)).toBe(401);
    expect(await statusWith(`${header}.${flip(payload)}.${signature}`)).toBe(401);
    expect(await statusWith(`${header}.${payload}.${flip(signature)}`)).toBe(401);
    expect(await statusWith(`${header}.${payload}.`)).toBe(401);
  });

  it('is refused when it says of itself that it is not signed', async () => {
    const { token } = await signedIn('viewer');
    const none = Buffer.from(JSON.stringify({ alg: 'none', typ: 'at+jwt' })).toString('base64url');
    expect(await statusWith(`${none}.${token.split('.')[1]}.`)).toBe(401);
  });

  it('tells nothing but whose it is and how long it is good', async () => {
    const { token } = await signedIn('viewer');
    const payload = JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString()) as Record<
      string,
      unknown
    >;
    expect(Object.keys(payload).sort()).toStrictEqual(['aud', 'exp', 'gen', 'iat', 'iss', 'nbf', 'sub']);
    expect(Number(payload['exp']) - Number(payload['iat'])).toBe(3600);
  });
});

describe('Refresh', () => {
  it('trades a refresh token for new tokens, once', async () => {
    const { refreshToken } = await signedIn('viewer');
    const answer = await post('refresh', { refreshToken });
    expect(answer.status).toBe(200);
    expect(answer.body).toStrictEqual({
      success: true,
      data: { token: expect.any(String), refreshToken: expect.any(String), expiresIn: 3600 },
      message: 'Token refreshed',
    });
    const data = answer.body.data as SignedIn;
    expect(data.refreshToken).not.toBe(refreshToken);
    expect(await statusWith(data.token)).toBe(200);
    const again = await post('refresh', { refreshToken });
    expect(again.status).toBe(401);
    expect(again.body).toStrictEqual({
      ...wrong,
      message: 'Refresh failed',
      errors: ['The refresh token is not valid'],
    });
    expect((await post('refresh', { refreshToken: data.refreshToken })).status).toBe(200);
  });

  it('works for exactly one of ten who try at once', async () => {
    const { refreshToken } = await signedIn('viewer');
    const answers = await Promise.all(Array.from({ length: 10 }, () => post('refresh', { refreshToken })));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(9);
  });

  it('does not take an access token, nor is a refresh token one', async () => {
    const { token, refreshToken } = await signedIn('viewer');
    expect((await post('refresh', { refreshToken: token.slice(0, 200) })).status).toBe(401);
    expect(await statusWith(refreshToken)).toBe(401);
  });
});

describe('Logout', () => {
  it('ends the refresh token', async () => {
    const { refreshToken } = await signedIn('viewer');
    const answer = await post('logout', { refreshToken });
    expect(answer.status).toBe(200);
    expect(answer.body).toStrictEqual({ success: true, data: null, message: 'Logged out' });
    expect((await post('refresh', { refreshToken })).status).toBe(401);
  });

  it('is no error the second time, nor for a token that never was', async () => {
    const { refreshToken } = await signedIn('viewer');
    await post('logout', { refreshToken });
    expect((await post('logout', { refreshToken })).status).toBe(200);
    expect((await post('logout', { refreshToken: 'never' })).status).toBe(200);
  });

  it('ends one session and leaves the others', async () => {
    const one = await signedIn('viewer');
    const other = await signedIn('viewer');
    await post('logout', { refreshToken: one.refreshToken });
    expect((await post('refresh', { refreshToken: other.refreshToken })).status).toBe(200);
  });
});

describe.each(['login', 'refresh', 'logout'])('A body that %s cannot take', (path) => {
  it.each(['{', '[]', 'null', '', '{"username":"a","username":"a"}', '['.repeat(100)])(
    'is 400 when it is %s',
    async (body) => {
      const answer = await post(path, body);
      expect(answer.status).toBe(400);
      expect(answer.body).toMatchObject({ success: false, data: null, message: 'Malformed request' });
    },
  );

  it.each([
    {},
    { username: 'viewer' },
    { username: 5, password: ['x'], refreshToken: 5 },
    { username: '', password: '', refreshToken: '' },
    { username: 'x'.repeat(201), password: 'x', refreshToken: 'x'.repeat(201) },
    { username: 'viewer', password: 'x'.repeat(257) },
  ])('is 400 when its fields are missing or not such texts (%#)', async (body) => {
    const answer = await post(path, body);
    expect(answer.status).toBe(400);
    expect(answer.body).toMatchObject({
      success: false,
      data: null,
      message: 'Validation failed',
      errors: [expect.any(String)],
    });
  });

  it('is 415 when it is a form', async () => {
    const headers = { 'Content-Type': 'application/x-www-form-urlencoded' };
    expect((await post(path, 'username=viewer', headers)).status).toBe(415);
  });

  it('is 400 with the name of a field that nobody knows', async () => {
    const body = { username: 'nobody', password: 'x', refreshToken: 'x' };
    const known = path === 'login' ? { ...body, refreshToken: undefined } : { refreshToken: 'x' };
    const answer = await post(path, { ...known, remember: true });
    expect(answer.body).toMatchObject({ message: 'Validation failed', errors: ['Unknown field "remember"'] });
  });
});
