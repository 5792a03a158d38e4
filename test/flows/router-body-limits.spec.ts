import { randomBytes } from 'node:crypto';
import { Agent, type IncomingMessage, request } from 'node:http';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Signalbox } from '../support/signalbox.ts';
import { dataOf, expectRefusal, type ReceivedAnswer, sendRequest, type SentRequest } from './send-request.ts';

const LIMIT_BYTES = 65_536;
const json = { 'Content-Type': 'application/json' };

const monoSecret = randomBytes(24).toString('hex');

let signalbox: Signalbox;

beforeAll(async () => {
  signalbox = await Signalbox.start({
    env: { BODY_LIMIT_BYTES: String(LIMIT_BYTES), MONO_WEBHOOK_SECRET: monoSecret },
  });
  const executionCode =
    'const { body, bodyBase64, rawBodyBase64 } = context; return { body, bodyBase64, rawBodyBase64 };';
  await signalbox.createConfig('see', { executionCode });
  await signalbox.createConfig('measure', {
    executionCode: 'return { length: context.body.length, end: context.body.at(-1) };',
  });
  await signalbox.createConfig('native', { executionType: 0, commandName: 'GetWebHookConfigListQuery' });
});

afterAll(() => signalbox.stop());

function send(key: string, request: Omit<SentRequest, 'path'>): Promise<ReceivedAnswer> {
  return sendRequest(signalbox.url, { path: `/api/webhooks/dynamic/${key}`, ...request });
}

describe('a compressed body', () => {
  const compressions: [encoding: string, compress: (bytes: Buffer) => Buffer][] = [
    ['gzip', gzipSync],
    ['x-gzip', gzipSync],
    ['GZip', gzipSync],
    ['deflate', deflateSync],
    ['br', brotliCompressSync],
    ['identity', (bytes) => bytes],
  ];

  it.each(compressions)('is inflated (%s), and its bytes as received stay', async (encoding, compress) => {
    const headers = { ...json, 'Content-Encoding': encoding };
    const compressed = compress(Buffer.from('{"pageSize":3}'));
    const answer = await send('see', { headers, body: compressed });
    expect(dataOf(answer)).toEqual({ body: { pageSize: 3 }, rawBodyBase64: compressed.toString('base64') });
    const native = await send('native', { headers, body: compressed });
    expect(dataOf(native)).toMatchObject({ pageSize: 3 });
  });

  it('is inflated for bodyBase64 too', async () => {
    const headers = { 'Content-Type': 'image/png', 'Content-Encoding': 'gzip' };
    const body = gzipSync(Buffer.from([0, 255]));
    const rawBodyBase64 = body.toString('base64');
    expect(dataOf(await send('see', { headers, body }))).toEqual({
      body: null,
      bodyBase64: 'AP8=',
      rawBodyBase64,
    });
  });

  it.each(compressions)('may be as large as the limit once inflated, and no larger (%s)', async (...one) => {
    const [encoding, compress] = one;
    const headers = { ...json, 'Content-Encoding': encoding };
    const fits = await send('measure', { headers, body: compress(jsonText(LIMIT_BYTES)) });
    expect(dataOf(fits)).toEqual({ length: LIMIT_BYTES - 2, end: 'x' });
    const over = await send('measure', { headers, body: compress(jsonText(LIMIT_BYTES + 1)) });
    expectRefusal(over, 413, 'webhook.body-too-large');
  });

  it.each(compressions.slice(0, -1))('that is a bomb is refused as too large (%s)', async (...one) => {
    const [encoding, compress] = one;
    const bomb = compress(Buffer.alloc(32 * 1024 * 1024));
    expect(bomb.length).toBeLessThan(LIMIT_BYTES);
    const answer = await send('see', { body: bomb, headers: { 'Content-Encoding': encoding } });
    expectRefusal(answer, 413, 'webhook.body-too-large');
  });

  it.each(['zstd', 'compress', 'gzip, br', 'chunked', '__proto__', 'constructor'])(
    'in another encoding is refused by its name: %s',
    async (encoding) => {
      const answer = await send('see', { body: 'x', headers: { 'Content-Encoding': encoding } });
      expectRefusal(answer, 415, 'webhook.unsupported-encoding');
      expect(answer.text).toContain(encoding);
    },
  );

  it.each(compressions.slice(0, -1))('that is broken or cut short is refused (%s)', async (...one) => {
    const [encoding, compress] = one;
    const whole = compress(Buffer.from('{"a":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}'));
    for (const body of [whole.subarray(0, -5), Buffer.from('{"a":1}')]) {
      const answer = await send('see', { body, headers: { ...json, 'Content-Encoding': encoding } });
      expectRefusal(answer, 400, 'webhook.malformed-body');
    }
  });

  it('without any bytes is no body', async () => {
    const answer = await send('see', { body: '', headers: { ...json, 'Content-Encoding': 'gzip' } });
    expect(dataOf(answer)).toEqual({ body: null, rawBodyBase64: '' });
  });
});

describe('the limit', () => {
  it.each([false, true])('lets the last byte in and none more (chunked: %s)', async (isChunked) => {
    const headers = json;
    const fits = await send('measure', { headers, isChunked, body: jsonText(LIMIT_BYTES) });
    expect(dataOf(fits)).toEqual({ length: LIMIT_BYTES - 2, end: 'x' });
    const over = await send('measure', { headers, isChunked, body: jsonText(LIMIT_BYTES + 1) });
    expectRefusal(over, 413, 'webhook.body-too-large');
    expect(over.text).toContain(String(LIMIT_BYTES));
  });
});

describe('a sender whose body is over the limit', () => {
  it.each([
    ['/api/webhooks/dynamic/see', 413],
    ['/api/bpm/cmd', 413],
    ['/api/webhooks/mono/callback', 413],
  ])('sees why, and may send the rest: %s', async (path, statusCode) => {
    expect(await sendInHalves(path, 2 * LIMIT_BYTES)).toEqual({ statusCode, isSameConnection: true });
  });

  it.each(['/api/webhooks/dynamic/see', '/api/bpm/cmd'])(
    'is not listened to any longer when it is far over: %s',
    async (path) => {
      const seen = await sendInHalves(path, 10 * LIMIT_BYTES).catch(({ code }: { code: string }) => code);
      expect([{ statusCode: 413, isSameConnection: false }, 'EPIPE', 'ECONNRESET']).toContainEqual(seen);
    },
  );
});

/** Announces a body and sends half of it, and the other half when the answer is there; then calls once more. */
async function sendInHalves(path: string, bytes: number) {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const headers = { ...json, 'X-API-Key': signalbox.apiKey, 'mono-webhook-secret': monoSecret };
  const begin = (length: number) => {
    const call = request(signalbox.url + path, {
      agent,
      method: 'POST',
      headers: { ...headers, 'Content-Length': length },
    });
    const answered = new Promise<IncomingMessage>((resolve, reject) =>
      call.once('response', resolve).once('error', reject),
    );
    return { call, answered };
  };
  const { call, answered } = begin(bytes);
  call.write(Buffer.alloc(bytes / 2, ' '));
  const { statusCode } = (await answered).resume();
  call.end(Buffer.alloc(bytes / 2, ' '));
  await new Promise((resolve) => call.once('close', resolve));
  const next = begin(2);
  next.call.end('{}');
  (await next.answered).resume();
  agent.destroy();
  return { statusCode, isSameConnection: next.call.reusedSocket };
}

function jsonText(bytes: number): Buffer {
  return Buffer.from(`"${'x'.repeat(bytes - 2)}"`);
}
