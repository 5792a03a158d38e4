import { createHmac, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Cast, startWithRoles } from '../support/roles.ts';
import { type Attempt, refusesInput, refusesStrangers } from './support/refusals.ts';

const type = 'TestWebHookVerificationQuery';
const secret = randomBytes(18).toString('hex');
const body = '{"n":1}';
const signature = `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;
const headers = { 'X-Hub-Signature-256': signature };
let cast: Cast;
const attempt: Attempt = {
  cast: () => cast,
  type,
  fields: () => ({ key: 'signed', request: { headers, body } }),
};

beforeAll(async () => {
  cast = await startWithRoles();
  const verification = { scheme: 'preset', name: 'github', secrets: [secret] };
  await cast.signalbox.createConfig('signed', { verification });
  await cast.signalbox.createConfig('open');
});
afterAll(() => cast.stop());

const call = async (sent: Record<string, string>) =>
  (await cast.signalbox.call('signed', { n: 1 }, { headers: sent })).headers.get('x-execution-id');
const test = async (fields: object) =>
  (await cast.signalbox.command(type, fields as Record<string, unknown>)).body;

describe('TestWebHookVerificationQuery', () => {
  it('says that a request is verified', async () => {
    expect(await test({ key: 'signed', request: { headers, body } })).toStrictEqual({
      success: true,
      data: { isVerified: true, reason: null },
      message: 'Webhook verification tested successfully',
    });
  });

  it.each([
    [{ body }, 'There is no header x-hub-signature-256'],
    [{ headers: { 'X-Hub-Signature-256': 'md5=00' }, body }, 'behind "sha256="'],
    [{ headers: { 'X-Hub-Signature-256': 'sha256=zz' }, body }, 'is not sha256 in hex'],
    [{ headers, body: `${body}\n` }, 'other bytes than were signed'],
  ])('says why one is not: %j', async (request, reason) => {
    const { data } = await test({ key: 'signed', request });
    expect(data).toMatchObject({ isVerified: false, reason: expect.stringContaining(reason) });
  });

  it('tries settings that are not saved, and the secrets that are', async () => {
    const verification = { scheme: 'token', in: 'query', name: 'key', secrets: ['tentative'] };
    expect(await test({ verification, request: { url: '/x?key=tentative' } })).toMatchObject({
      data: { isVerified: true },
    });
    const known = { scheme: 'preset', name: 'github' };
    expect(await test({ key: 'signed', verification: known, request: { headers, body } })).toMatchObject({
      data: { isVerified: true },
    });
  });

  it('takes bytes as Base64', async () => {
    const bodyBase64 = Buffer.from(body).toString('base64');
    expect(await test({ key: 'signed', request: { headers, bodyBase64 } })).toMatchObject({
      data: { isVerified: true },
    });
  });

  it('judges a recorded call', async () => {
    const [good, bad] = [await call(headers), await call({})];
    expect(await test({ key: 'signed', executionId: good })).toMatchObject({ data: { isVerified: true } });
    expect(await test({ key: 'signed', executionId: bad })).toMatchObject({ data: { isVerified: false } });
  });

  it('says of a configuration without verification that it verifies nothing', async () => {
    expect(await test({ key: 'open', request: {} })).toMatchObject({
      data: { isVerified: true, reason: 'The configuration verifies nothing' },
    });
  });

  it('knows no configuration and no execution of another account', async () => {
    const answers = [
      await cast.signalbox.command(type, { key: 'signed', request: {} }, cast.as.stranger),
      await cast.signalbox.command(type, { key: 'unknown', request: {} }),
      await cast.signalbox.command(type, { key: 'signed', executionId: 'exe_unknown' }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([404, 404, 404]);
  });

  refusesStrangers(attempt);
  it.each(['viewer', 'operator'] as const)(
    'refuses the role %s: it tells of secrets that only a saver knows',
    async (role) => {
      const answer = await cast.signalbox.command(type, attempt.fields(), cast.as[role]);
      expect(answer.status).toBe(403);
      expect(answer.body.errors).toEqual(['The permission webhooks:write is missing']);
    },
  );

  refusesInput(attempt, [
    [{ key: null }, ['Key or Verification is required']],
    [{ request: null }, ['Request or ExecutionId is required']],
    [{ request: { bodyBase64: '*' } }, ['Request.bodyBase64 Invalid base64-encoded string']],
  ]);
});
