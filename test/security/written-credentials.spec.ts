import { randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Signalbox } from '../support/signalbox.ts';

const token = `ab/cd+ef é ${randomBytes(9).toString('hex')}`;
const secret = randomBytes(18).toString('hex');
let signalbox: Signalbox;

beforeAll(async () => {
  signalbox = await Signalbox.start();
  const verification = { scheme: 'token', in: 'body', name: 'proof', secrets: [token] };
  await signalbox.createConfig('proven', { verification, executionCode: 'return 1;' });
});

afterAll(() => signalbox.stop());

interface Shown {
  request: { body: string | null; bodyBase64: string | null };
  idempotencyKey: string | null;
  steps: { input: unknown; output: unknown }[];
}

async function sent(body: string | Buffer, headers: Record<string, string>): Promise<Shown> {
  const response = await fetch(`${signalbox.url}/api/webhooks/dynamic/proven`, {
    method: 'POST',
    headers,
    body: typeof body === 'string' ? body : new Uint8Array(body),
  });
  expect(response.status).toBe(200);
  return await signalbox.execution<Shown>(response.headers.get('x-execution-id'));
}

const json = { 'Content-Type': 'application/json' };
const form = { 'Content-Type': 'application/x-www-form-urlencoded' };
const isReadableIn = (text: string) => {
  const decoded = [text, decodeURIComponent(text.replaceAll('+', ' '))];
  try {
    decoded.push(JSON.stringify(JSON.parse(text)));
  } catch {
    // No JSON.
  }
  return decoded.some((one) => one.includes(token));
};

describe('what proves a call in its body is masked in the request that is shown', () => {
  it.each([
    ['as JSON writes it', JSON.stringify({ proof: token, z: 1 }), json],
    ['as JSON with escaped slashes', JSON.stringify({ proof: token }).replaceAll('/', '\\/'), json],
    [
      'as JSON in ASCII',
      JSON.stringify({ proof: token }).replaceAll(
        /[^ -~]/g,
        (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
      ),
      json,
    ],
    ['as a form', `proof=${encodeURIComponent(token)}&z=1`, form],
    ['as a form with plus signs', `proof=${encodeURIComponent(token).replaceAll('%20', '+')}`, form],
  ])('%s', async (_how, body, headers) => {
    expect(isReadableIn(body)).toBe(true);
    const { request } = await sent(body, headers);
    expect(request.body).toContain('masked');
    expect(isReadableIn(request.body!)).toBe(false);
  });

  it('as JSON that is too deep to be taken apart: then nothing of it is shown', async () => {
    const deep = `${'['.repeat(20_000)}"\\u0061${token.slice(1)}"${']'.repeat(20_000)}`;
    const response = await fetch(`${signalbox.url}/api/webhooks/dynamic/proven`, {
      method: 'POST',
      headers: { ...json, Authorization: `Bearer ${token.replaceAll(/[^ -~]/g, 'e')}` },
      body: deep,
    });
    expect(response.status).toBe(401);
    const id = response.headers.get('x-execution-id');
    expect((await signalbox.execution<Shown>(id)).request.body).toBe('[masked]');
  });

  it('compressed', async () => {
    const body = gzipSync(JSON.stringify({ proof: token }));
    const { request } = await sent(body, { ...json, 'Content-Encoding': 'gzip' });
    expect(request).toMatchObject({ body: null, bodyBase64: '[masked]' });
  });
});

describe('an idempotency key made of a credential', () => {
  it('is not readable, and counts the call once all the same', async () => {
    await signalbox.createConfig('keyed', {
      idempotency: { key: '=request.headers.authorization' },
      executionCode: `throw new Error('Not yet');`,
    });
    const headers = { Authorization: `Bearer ${secret}` };
    const ids: string[] = [];
    for (let call = 0; call < 3; call++)
      ids.push((await signalbox.call('keyed', {}, { headers })).headers.get('x-execution-id')!);
    expect(new Set(ids).size).toBe(1);
    const execution = await signalbox.execution<Shown & { attempt: number }>(ids[0]!);
    expect(execution).toMatchObject({ attempt: 3, idempotencyKey: expect.stringMatching(/^\[masked\] /) });
    const list = await signalbox.command('GetWebHookExecutionListQuery', { key: 'keyed' });
    expect(JSON.stringify([execution, list.body])).not.toContain(secret);
  });
});

describe('what a long step shows', () => {
  it('was masked before it was cut: by name, and a credential across the cut', async () => {
    await signalbox.createConfig('long', {
      executionCode: `
        const padding = 'b'.repeat(70_000);
        doCmd('PublishEventCommand', { type: 'a.long', payload: { api_key: 'hunter2-${secret}', padding } });
        for (let length = 900; length < 1000; length += 10)
          doCmd('PublishEventCommand', { type: 'a.long', payload: { a: 'x'.repeat(length), t: context.headers.authorization, padding } });
        return 1;`,
    });
    const response = await signalbox.call('long', {}, { headers: { Authorization: `Bearer ${secret}` } });
    const { steps } = await signalbox.execution<Shown>(response.headers.get('x-execution-id'));
    expect(steps).toHaveLength(11);
    for (const { input } of steps) {
      expect(input).toMatch(/characters\)$/);
      expect(input).not.toContain(secret.slice(0, 8));
    }
  });
});
