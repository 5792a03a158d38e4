import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { madeUser, statusWith } from '../commands/support/access.ts';
import { CAST_PASSWORD } from '../support/roles.ts';
import { Signalbox } from '../support/signalbox.ts';

let signalbox: Signalbox;
let made = 0;
let username: string;
const chosen = 'a word of my own choice';

beforeAll(async () => {
  signalbox = await Signalbox.start();
});
beforeEach(async () => {
  username = `user-${++made}`;
  await madeUser(signalbox, { username });
});
afterAll(() => signalbox.stop());

interface Answer {
  status: number;
  body: { data: { token: string; refreshToken: string } | null; code?: string; errors?: string[] };
}

async function post(path: string, body: object): Promise<Answer> {
  const response = await fetch(`${signalbox.url}/api/auth/${path}`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  });
  return { status: response.status, body: (await response.json()) as Answer['body'] };
}

const login = (password: string) => post('login', { username, password });
const change = (fields: object = {}) =>
  post('password', { username, password: CAST_PASSWORD, newPassword: chosen, ...fields });

describe('A password of one’s own', () => {
  it('takes the place of the one before, and ends all that one was signed in with', async () => {
    const { token, refreshToken } = (await login(CAST_PASSWORD)).body.data!;
    expect(await change()).toEqual({
      status: 200,
      body: { success: true, data: null, message: 'Password changed' },
    });
    expect(await statusWith(signalbox, { Authorization: `Bearer ${token}` })).toBe(401);
    expect((await post('refresh', { refreshToken })).status).toBe(401);
    expect((await login(CAST_PASSWORD)).status).toBe(401);
    expect((await login(chosen)).status).toBe(200);
  });

  it('needs the one before, and a token is no proof of it', async () => {
    expect(await change({ password: 'wrong' })).toMatchObject({
      status: 401,
      body: { code: 'access.login-failed' },
    });
    expect((await change({ username: 'nobody' })).status).toBe(401);
    expect((await login(CAST_PASSWORD)).status).toBe(200);
  });

  it('counts a wrong one as a failed login', async () => {
    for (let n = 0; n < 10; n++) expect((await change({ password: 'wrong' })).status).toBe(401);
    expect((await change()).status).toBe(429);
    expect((await login(CAST_PASSWORD)).status).toBe(429);
  });

  it.each([
    [{ newPassword: 'short' }, 'Send username, password and a newPassword of at least 8 characters'],
    [{ newPassword: undefined }, 'Send username, password and a newPassword of at least 8 characters'],
    [{ role: 'admin' }, 'Unknown field "role"'],
  ])('is refused with %j', async (fields, sentence) => {
    expect(await change(fields)).toMatchObject({ status: 400, body: { errors: [sentence] } });
  });

  it('is in the audit log, neither the old nor the new one readable', async () => {
    const canary = `canary-${randomBytes(12).toString('hex')}`;
    await change({ newPassword: canary });
    const { body } = await signalbox.command<{ items: object[] }>('GetAuditLogQuery', {
      command: 'ChangePassword',
      pageSize: 1,
    });
    expect(body.data.items).toMatchObject([
      { callerName: username, input: { username }, outcome: 'succeeded' },
    ]);
    expect(JSON.stringify(body)).not.toContain(canary);
    expect(signalbox.output).not.toContain(canary);
  });

  it('set while somebody signs in with the one before leaves him nothing', async () => {
    const [signedIn] = await Promise.all([login(CAST_PASSWORD), change()]);
    if (signedIn.status === 200) {
      const { token, refreshToken } = signedIn.body.data!;
      expect(await statusWith(signalbox, { Authorization: `Bearer ${token}` })).toBe(401);
      expect((await post('refresh', { refreshToken })).status).toBe(401);
    } else expect(signedIn.status).toBe(401);
  });
});

describe('The first admin', () => {
  it('who was renamed or deleted is not made again by a restart', async () => {
    const { body } = await signalbox.command<{ items: { id: string }[] }>('GetUserListQuery', {
      search: 'admin',
    });
    const id = body.data.items[0]!.id;
    expect((await signalbox.command('DeleteUserCommand', { id })).status).toBe(200);
    await signalbox.kill();
    const again = await Signalbox.start({
      dataFolder: signalbox.dataFolder,
      env: { ADMIN_API_KEY: signalbox.apiKey },
    });
    const list = await again.command<{ items: object[] }>('GetUserListQuery', { search: 'admin' });
    expect(list.body.data.items).toEqual([]);
    await again.stop();
  });
});
