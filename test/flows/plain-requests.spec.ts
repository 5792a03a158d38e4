import { createHmac, randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readPlainRequest } from '../../src/http/plain-request.ts';
import { openSocket } from '../security/raw-socket.ts';
import { Signalbox } from '../support/signalbox.ts';
import { until } from '../support/until.ts';

/** An answer without what differs from call to call. */
interface Heard {
  head: string;
  body: string;
  execution: Record<string, unknown> | null;
}

const secret = randomBytes(24).toString('hex');
const json = 'Content-Type: application/json';
const script = '/api/webhooks/dynamic/all';
let signalbox: Signalbox;

beforeAll(async () => {
  signalbox = await Signalbox.start();
  const executionCode = `if (context.body?.fail) throw new Error('no');
    if (context.body?.respond) return respond({ status: 202, headers: { 'X-Own': 'a' }, body: 'é plain' });
    return context;`;
  await signalbox.createConfig('all', { executionCode });
  await signalbox.createConfig('get', { executionCode, action: 'GET' });
  await signalbox.createConfig('native', { executionType: 0, commandName: 'GetWebHookConfigListQuery' });
  await signalbox.createConfig('nobody', { executionCode, allowableIPs: '203.0.113.1' });
  await signalbox.createConfig('signed', {
    executionCode,
    verification: { scheme: 'preset', name: 'github', secrets: [secret] },
  });
  await signalbox.createConfig('later', { executionCode, responseMode: 'async' });
});

afterAll(() => signalbox.stop());

/** Says pieces one after the other, and listens until the answer is whole. */
async function hear(pieces: readonly Buffer[]): Promise<Heard> {
  const socket = await openSocket(signalbox.url);
  socket.setNoDelay(true);
  const text = await new Promise<string>((resolve, reject) => {
    const chunks: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    socket.on('close', () => resolve(Buffer.concat(chunks).toString('utf8')));
    socket.setTimeout(20_000, () => reject(new Error('No answer came')));
    const say = (at: number): void => {
      if (at < pieces.length) socket.write(pieces[at]!, () => setTimeout(say, 20, at + 1));
    };
    say(0);
  });
  const bodyAt = text.indexOf('\r\n\r\n');
  const id = /x-execution-id: (\S+)/.exec(text)?.[1];
  return {
    head: withoutMoments(text.slice(0, bodyAt)),
    body: withoutMoments(text.slice(bodyAt + 4)),
    execution: id === undefined ? null : steady(await ended(id)),
  };
}

function ended(id: string): Promise<Record<string, unknown>> {
  return until(async () => {
    const execution = await signalbox.execution(id);
    return ['received', 'running'].includes(execution['status'] as string) ? null : execution;
  });
}

/** A call that comes whole is read here, one in two pieces by Node: nobody may be able to tell which from what follows. */
async function hearBoth(
  line: string,
  headers: readonly string[],
  body: Buffer | string = '',
): Promise<Heard> {
  const bytes = Buffer.from(body);
  const length = bytes.length > 0 || line.startsWith('POST') ? [`Content-Length: ${bytes.length}`] : [];
  const head = [`${line} HTTP/1.1`, 'Host: signalbox', 'Connection: close', ...length, ...headers, '', ''];
  const whole = Buffer.concat([Buffer.from(head.join('\r\n')), bytes]);
  expect(readPlainRequest(whole)).not.toBeNull();
  const plain = await hear([whole]);
  expect(await hear([whole.subarray(0, 30), whole.subarray(30)])).toEqual(plain);
  return plain;
}

function withoutMoments(text: string): string {
  return text
    .replaceAll(/[a-z]{2,4}_[0-9a-f-]{36}/g, 'an id')
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'a moment')
    .replace(/Date: [^\r]+/, 'Date: now')
    .replace(/content-length: \d+/, 'content-length: n')
    .replaceAll(/[\w-]{40,}/g, 'a ticket');
}

/** An execution without what takes its own time. */
function steady(execution: Record<string, unknown>): Record<string, unknown> {
  const text = JSON.stringify(execution, (name, value: unknown) =>
    /(Ms|At|duration)$/i.test(name) ? undefined : value,
  );
  return JSON.parse(withoutMoments(text)) as Record<string, unknown>;
}

describe('a call in one piece is answered and recorded as one in two', () => {
  it.each<[what: string, status: number, line: string, headers: string[], body: Buffer | string]>([
    [
      'a script',
      200,
      `POST ${script}?a=1&a=2&b=%20`,
      [json, 'X-A:  b ', 'Cookie: c=d', 'X-Forwarded-For: 1.2.3.4'],
      '{"a":"é"}',
    ],
    ['a script that fails', 500, `POST ${script}`, [json], '{"fail":true}'],
    ['a script that responds', 202, `POST ${script}`, [json], '{"respond":true}'],
    ['a command', 200, 'POST /api/webhooks/dynamic/native', [json], '{}'],
    ['a GET', 200, 'GET /api/webhooks/dynamic/get?a=1', [], ''],
    ['gzip', 200, `POST ${script}`, [json, 'Content-Encoding: gzip'], gzipSync('{"a":1}')],
    ['broken gzip', 400, `POST ${script}`, [json, 'Content-Encoding: gzip'], 'no gzip'],
    ['broken JSON', 400, `POST ${script}`, [json], '{"a":'],
    [
      'bytes',
      200,
      `POST ${script}`,
      ['Content-Type: application/octet-stream'],
      Buffer.from([0, 255, 13, 10]),
    ],
    ['nothing at all', 200, `POST ${script}`, [], ''],
    ['an unknown key', 404, 'POST /api/webhooks/dynamic/unknown', [json], '{}'],
    ['another method', 404, `PUT ${script}`, [json], '{}'],
    ['a caller who may not', 403, 'POST /api/webhooks/dynamic/nobody', [json], '{}'],
    [
      'a signature',
      200,
      'POST /api/webhooks/dynamic/signed',
      [json, `X-Hub-Signature-256: sha256=${createHmac('sha256', secret).update('{}').digest('hex')}`],
      '{}',
    ],
    [
      'a wrong signature',
      401,
      'POST /api/webhooks/dynamic/signed',
      [json, 'X-Hub-Signature-256: sha256=00'],
      '{}',
    ],
    ['a ticket that nobody has', 404, 'GET /api/webhooks/results/unknown', [], ''],
    ['an address that is none', 404, 'POST /api/webhooks/', [json], '{}'],
  ])('%s', async (_what, status, ...request) => {
    const heard = await hearBoth(...request);
    expect(heard.head).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(heard.execution !== null).toBe(status !== 404);
  });

  it('one that is accepted and run afterwards', async () => {
    const accepted = await hearBoth('POST /api/webhooks/dynamic/later', [json], '{"a":1}');
    expect(accepted.head).toMatch(/^HTTP\/1\.1 202 /);
    expect(accepted.execution).toMatchObject({ status: 'succeeded' });
  });
});
