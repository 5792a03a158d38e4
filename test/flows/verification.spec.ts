import { createHmac, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { keptBytes } from '../support/database.ts';
import { Signalbox } from '../support/signalbox.ts';
import { dataOf, expectRefusal, type SentRequest, sendRequest } from './send-request.ts';

const secret = randomBytes(18).toString('hex');
const json = { 'Content-Type': 'application/json' };
const body = '{"amount":4200}';
let signalbox: Signalbox;

beforeAll(async () => {
  signalbox = await Signalbox.start({ env: { PUBLIC_URL: 'https://hooks.example.com/' } });
});
afterAll(() => signalbox.stop());

const sign = (content: string, key = secret, algorithm = 'sha256') =>
  createHmac(algorithm, key).update(content).digest('hex');
const send = (key: string, sent: Partial<SentRequest> = {}) =>
  sendRequest(signalbox.url, {
    path: `/api/webhooks/dynamic/${key}`,
    body,
    ...sent,
    headers: { ...json, ...sent.headers },
  });
const header = (text: string) => ({ 'X-Hub-Signature-256': `sha256=${text}` });
const basic = (pair: string) => ({ Authorization: `Basic ${Buffer.from(pair).toString('base64')}` });
const verified = (key: string, verification: object, fields = {}) =>
  signalbox.createConfig(key, { verification, ...fields });

describe('a configuration with verification', () => {
  it('runs what its sender signed and nothing else', async () => {
    await verified('github', { scheme: 'preset', name: 'github', secrets: [secret] });
    expect(dataOf(await send('github', { headers: header(sign(body)) }))).toEqual({ amount: 4200 });
    for (const headers of [{}, header(sign(`${body} `)), header(sign(body, 'other'))])
      expectRefusal(await send('github', { headers }), 401, 'webhook.verification-failed');
  });

  it('does not tell a stranger what was wrong', async () => {
    const answers = [
      await send('github'),
      await send('github', { headers: { 'X-Hub-Signature-256': 'sha256=0' } }),
    ];
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
    expect(answers[0]!.text).not.toMatch(/secret|hex|header/i);
  });

  it('looks at the bytes as received: compressed ones, and before it looks whether they are JSON', async () => {
    const broken = '{"amount":';
    const headers = { 'X-Hub-Signature-256': `sha256=${sign(broken)}` };
    expectRefusal(await send('github', { body: broken, headers }), 400, 'webhook.malformed-body');
    expectRefusal(await send('github', { body: broken }), 401, 'webhook.verification-failed');
  });

  it('records a refused call with its verdict, like any other', async () => {
    const answer = await send('github');
    expect(await signalbox.execution(String(answer.headers['x-execution-id']))).toMatchObject({
      status: 'rejected',
      code: 'webhook.verification-failed',
      answerStatus: 401,
    });
  });

  it('signs over what its template says: method, public URL, id and time', async () => {
    await verified('template', {
      scheme: 'hmac',
      name: 'X-Sig',
      algorithm: 'sha384',
      signedContent: '{method} {url} {id} {timestamp} {body}',
      timestampHeader: 'X-Time',
      idHeader: 'X-Id',
      secrets: [secret],
    });
    const time = String(Math.floor(Date.now() / 1000));
    const path = '/api/webhooks/dynamic/template?shop=a%20b';
    const content = `POST https://hooks.example.com${path} call-1 ${time} ${body}`;
    const headers = { 'X-Sig': sign(content, secret, 'sha384'), 'X-Time': time, 'X-Id': 'call-1' };
    expect((await send('template', { path, headers })).status).toBe(200);
    expect((await send('template', { path: `${path}x`, headers })).status).toBe(401);
    expect((await send('template', { path, headers: { ...headers, 'X-Id': 'call-2' } })).status).toBe(401);
  });

  it.each([
    ['JSON', json, () => JSON.stringify({ secret, n: 1 })],
    ['a form', { 'Content-Type': 'application/x-www-form-urlencoded' }, () => `secret=${secret}&n=1`],
  ])('finds a token in %s', async (kind, headers, make) => {
    const key = `body-${kind.replaceAll(' ', '-')}`;
    await verified(key, { scheme: 'preset', name: 'aptic', secrets: [secret] });
    expect((await send(key, { headers, body: make() })).status).toBe(200);
    expect((await send(key, { headers, body: make().replace(secret, 'guess') })).status).toBe(401);
    expect((await send(key, { headers: json, body: '{"secret":' })).status).toBe(401);
  });

  it('takes the credentials of Basic', async () => {
    await verified('basic', { scheme: 'basic', username: 'ada', secrets: [secret] });
    expect((await send('basic', { headers: basic(`ada:${secret}`) })).status).toBe(200);
    for (const pair of [`bob:${secret}`, 'ada:', `ada:${secret}:`, secret])
      expect((await send('basic', { headers: basic(pair) })).status).toBe(401);
  });

  it('makes an address wait that fails again and again, and nobody else', async () => {
    await verified('guessed', { scheme: 'token', in: 'header', name: 'X-Key', secrets: [secret] });
    await verified('beside', { scheme: 'token', in: 'header', name: 'X-Key', secrets: [secret] });
    for (let guess = 0; guess < 30; guess++)
      expect((await send('guessed', { headers: { 'X-Key': `guess ${guess}` } })).status).toBe(401);
    const waiting = await send('guessed', { headers: { 'X-Key': secret } });
    expectRefusal(waiting, 429, 'webhook.verification-throttled');
    expect(Number(waiting.headers['retry-after'])).toBeGreaterThan(0);
    expect((await send('beside', { headers: { 'X-Key': secret } })).status).toBe(200);
  });
});

describe('the secrets of a verification', () => {
  const token = { scheme: 'token', in: 'header', name: 'X-Shop', secrets: [secret] };

  it('are shown nowhere: not in answers, not in the audit log, not in the database', async () => {
    const config = await verified('quiet', token);
    expect(config['verification']).toEqual({
      scheme: 'token',
      in: 'header',
      name: 'X-Shop',
      hasSecret: true,
    });
    for (const type of ['GetWebHookConfigByIdQuery', 'LookupWebHookByKeyCommand']) {
      const fields = type.includes('Lookup') ? { key: 'quiet' } : { id: config['id'] };
      expect(JSON.stringify((await signalbox.command(type, fields)).body)).not.toContain(secret);
    }
    expect((await keptBytes(signalbox.dataFolder)).includes(secret)).toBe(false);
    expect(signalbox.output).not.toContain(secret);
  });

  it('are masked in what is shown of a call that was proven with them, wherever it repeats them', async () => {
    await verified('repeats', token, {
      executionCode: 'console.log("key", context.headers["x-shop"]); return { seen: context.body.copy };',
    });
    const answer = await send('repeats', {
      headers: { 'X-Shop': secret },
      body: JSON.stringify({ copy: `it is ${secret}` }),
    });
    expect(dataOf(answer)).toEqual({ seen: `it is ${secret}` });
    const execution = await signalbox.execution(String(answer.headers['x-execution-id']));
    expect(JSON.stringify(execution)).not.toContain(secret);
    expect(execution).toMatchObject({ request: { headers: { 'x-shop': '[masked]' } } });
  });

  it('may be two while one is on its way out, and stay when an update sends none', async () => {
    const config = await verified('rotates', token);
    const newer = randomBytes(18).toString('hex');
    const fields = { ...config, verification: { ...token, secrets: [newer, secret] } };
    const update = async (verification: object) => {
      const { id, description, isEnabled, path, action, executionType, executionCode } =
        fields as typeof config;
      const sent = { id, description, isEnabled, path, action, executionType, executionCode, verification };
      return await signalbox.command('UpdateWebHookConfigCommand', sent);
    };
    await update(fields.verification);
    const { secrets: _secrets, ...without } = token;
    expect((await update(without)).body.data['verification']).toMatchObject({ hasSecret: true });
    for (const key of [newer, secret])
      expect((await send('rotates', { headers: { 'X-Shop': key } })).status).toBe(200);
    const other = await update({ scheme: 'basic', username: 'ada' });
    expect(other.body).toMatchObject({ success: false, errors: ['Verification.secrets is required'] });
  });
});
