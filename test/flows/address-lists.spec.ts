import { networkInterfaces } from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { requestText, openSocket } from '../security/raw-socket.ts';
import { Signalbox } from '../support/signalbox.ts';
import { dataOf, expectRefusal, type ReceivedAnswer, sendRequest } from './send-request.ts';

const hasIpv6 = Object.values(networkInterfaces()).some((list) =>
  list?.some(({ address }) => address === '::1'),
);
const REFUSED = 'webhook.address-refused';

let made = 0;

/** Calls a new configuration with this list; the script returns the address it sees. */
async function callOf(
  signalbox: Signalbox,
  allowableIPs: string | undefined,
  parts: { forwardedFor?: string | string[]; origin?: string } = {},
): Promise<ReceivedAnswer> {
  const key = `list-${++made}`;
  const list = allowableIPs === undefined ? {} : { allowableIPs };
  await signalbox.createConfig(key, { executionCode: 'return context.ip;', ...list });
  const { forwardedFor, origin = signalbox.url } = parts;
  const headers = forwardedFor === undefined ? {} : { 'X-Forwarded-For': forwardedFor };
  return await sendRequest(origin, { path: `/api/webhooks/dynamic/${key}`, headers });
}

describe('without trusted proxies', () => {
  let signalbox: Signalbox;

  beforeAll(async () => {
    signalbox = await Signalbox.start();
  });
  afterAll(() => signalbox.stop());

  it.each([
    undefined,
    '',
    ' ',
    '127.0.0.1',
    ' 10.0.0.0/8 ,\t127.0.0.1 ',
    '127.0.0.0/8',
    '127.0.0.1/32',
    '0.0.0.0/0',
    '::ffff:127.0.0.1',
    '::ffff:127.0.0.0/104',
  ])('the list %j lets loopback in', async (list) =>
    expect(dataOf(await callOf(signalbox, list))).toBe('127.0.0.1'),
  );

  it.each([
    '10.0.0.0/8',
    '127.0.0.2',
    '126.0.0.0/8',
    '128.0.0.0/1',
    '::1',
    '::/0',
    '2001:db8::/32',
    '::127.0.0.1',
  ])('the list %j keeps loopback out', async (list) =>
    expectRefusal(await callOf(signalbox, list), 403, REFUSED),
  );

  it.each(['10.0.0.1', '10.0.0.1, 127.0.0.1', '127.0.0.1', 'garbage', ''])(
    'a forged X-Forwarded-For (%j) neither opens nor closes anything',
    async (forwardedFor) => {
      expectRefusal(await callOf(signalbox, '10.0.0.1', { forwardedFor }), 403, REFUSED);
      expect(dataOf(await callOf(signalbox, '127.0.0.1', { forwardedFor }))).toBe('127.0.0.1');
      expect(dataOf(await callOf(signalbox, undefined, { forwardedFor }))).toBe('127.0.0.1');
    },
  );

  it.each([
    '10.0.0.1/33',
    '010.0.0.1',
    '10.0.0.1/8',
    '1.2.3',
    '0x7f.0.0.1',
    'localhost',
    '::ffff:1.2.3.0/64',
    '10.0.0.0/8,,::1',
    '::1%eth0',
    '2001:db8::1/32',
    '1.2.3.4/',
    '*',
  ])('a list with %j cannot be saved, and the entry is named', async (list) => {
    const refusal = callOf(signalbox, `192.0.2.1,${list}`);
    await expect(refusal).rejects.toThrow(/400.*AllowableIPs are not readable/);
  });

  it('a changed list holds for the next call', async () => {
    const { id } = await signalbox.createConfig('changing', { allowableIPs: '10.0.0.1' });
    expect((await signalbox.call('changing', {})).status).toBe(403);
    const fields = {
      description: 'd',
      isEnabled: true,
      path: '/webhooks/changing',
      action: 'POST',
      executionType: 2,
    };
    const update = { id, ...fields, executionCode: 'return 1;', allowableIPs: '127.0.0.1' };
    await signalbox.command('UpdateWebHookConfigCommand', update);
    expect((await signalbox.call('changing', {})).status).toBe(200);
  });

  it('who is kept out cannot tell what there is from what there is not by another method', async () => {
    await signalbox.createConfig('hidden', { allowableIPs: '10.0.0.1' });
    const known = await sendRequest(signalbox.url, { path: '/api/webhooks/dynamic/hidden', method: 'GET' });
    const unknown = await sendRequest(signalbox.url, {
      path: '/api/webhooks/dynamic/nothing',
      method: 'GET',
    });
    expect([known.status, known.text]).toEqual([404, unknown.text]);
  });

  it.each([
    ['never comes', ['Content-Length: 1000'], ''],
    ['never ends', ['Transfer-Encoding: chunked'], '5\r\nhello\r\n'],
    ['is too large', ['Content-Length: 99999999'], 'x'],
    ['is no JSON', ['Content-Length: 1'], '{'],
    ['is in an unknown encoding', ['Content-Encoding: zstd', 'Content-Length: 1'], 'x'],
  ])('who is kept out is told so before his body is read: it %s', async (_what, headers, body) => {
    const key = `unread-${++made}`;
    await signalbox.createConfig(key, { allowableIPs: '10.0.0.1' });
    const head = ['Content-Type: application/json', ...headers];
    const socket = await openSocket(
      signalbox.url,
      requestText(`POST /api/webhooks/dynamic/${key}`, head, body),
    );
    const text = await new Promise<string>((resolve) => {
      let heard = '';
      socket.on('data', (chunk: Buffer) => {
        heard += chunk.toString();
        if (heard.includes('"code"')) resolve(heard);
      });
      socket.on('close', () => resolve(heard));
    });
    socket.destroy();
    expect(text).toMatch(/^HTTP\/1\.1 403 [^]*x-execution-id: exe_[^]*"webhook\.address-refused"/);
  });

  it('the refusal is recorded with the address it was for', async () => {
    const answer = await callOf(signalbox, '10.0.0.1', { forwardedFor: '10.0.0.1' });
    const record = await signalbox.execution(String(answer.headers['x-execution-id']));
    expect(record).toMatchObject({ status: 'rejected', code: REFUSED, answerStatus: 403, ip: '127.0.0.1' });
  });
});

describe('behind trusted proxies', () => {
  let signalbox: Signalbox;

  beforeAll(async () => {
    signalbox = await Signalbox.start({ env: { TRUSTED_PROXIES: '127.0.0.1, 10.0.0.0/8,fd00::/8' } });
  });
  afterAll(() => signalbox.stop());

  it.each([
    ['203.0.113.7', '203.0.113.7', '203.0.113.7'],
    ['203.0.113.0/24', ' 203.0.113.7 ', '203.0.113.7'],
    ['203.0.113.7', '203.0.113.7, 10.1.1.1', '203.0.113.7'],
    ['203.0.113.7', '203.0.113.7,fd00::1, 10.1.1.1', '203.0.113.7'],
    ['203.0.113.7', '198.51.100.1, 203.0.113.7', '203.0.113.7'],
    ['203.0.113.7', 'garbage, 203.0.113.7, 10.1.1.1', '203.0.113.7'],
    ['203.0.113.7', '203.0.113.7:4711', '203.0.113.7'],
    ['203.0.113.7', '::ffff:203.0.113.7', '203.0.113.7'],
    ['::ffff:203.0.113.7', '203.0.113.7', '203.0.113.7'],
    ['2001:db8::/32', '2001:DB8:0:0::5', '2001:db8::5'],
    ['2001:db8::5', '[2001:db8::5]:443', '2001:db8::5'],
    ['10.0.0.5', '10.0.0.5', '10.0.0.5'],
    ['10.0.0.5', '10.0.0.5, 10.0.0.6', '10.0.0.5'],
    ['127.0.0.1', undefined, '127.0.0.1'],
  ])('the list %j lets in who comes by %j', async (list, forwardedFor, ip) => {
    const parts = forwardedFor === undefined ? {} : { forwardedFor };
    expect(dataOf(await callOf(signalbox, list, parts))).toBe(ip);
  });

  it.each([
    ['203.0.113.7', '203.0.113.7, 198.51.100.1'],
    ['203.0.113.7', '203.0.113.7, 198.51.100.1, 10.1.1.1'],
    ['203.0.113.7', '198.51.100.1'],
    ['203.0.113.7', undefined],
    ['127.0.0.1', '203.0.113.7'],
    ['0.0.0.0/0', '2001:db8::1'],
    ['::/0', '203.0.113.7'],
    ['::/0', '::ffff:203.0.113.7'],
  ])('the list %j keeps out who comes by %j', async (list, forwardedFor) => {
    const parts = forwardedFor === undefined ? {} : { forwardedFor };
    expectRefusal(await callOf(signalbox, list, parts), 403, REFUSED);
  });

  it.each([
    'unknown',
    'garbage',
    '203.0.113.7, garbage',
    '203.0.113.7,',
    '203.0.113.7, 010.0.0.1',
    '_hidden, 10.0.0.1',
    '203.0.113.7;',
    '1.2.3',
    '[203.0.113.7]',
    '203.0.113.7:99999',
  ])(
    'an X-Forwarded-For that cannot be read (%j) is refused where there is a list, and only there',
    async (forwardedFor) => {
      for (const list of ['203.0.113.7', '0.0.0.0/0,::/0', '127.0.0.1'])
        expectRefusal(await callOf(signalbox, list, { forwardedFor }), 403, REFUSED);
      expect(dataOf(await callOf(signalbox, undefined, { forwardedFor }))).toBe('127.0.0.1');
    },
  );

  it('several X-Forwarded-For headers are one list', async () => {
    const forwardedFor = ['203.0.113.7', '198.51.100.1, 10.1.1.1'];
    expectRefusal(await callOf(signalbox, '203.0.113.7', { forwardedFor }), 403, REFUSED);
    expect(dataOf(await callOf(signalbox, '198.51.100.1', { forwardedFor }))).toBe('198.51.100.1');
  });

  it('the record names the client and not the proxy', async () => {
    const answer = await callOf(signalbox, undefined, { forwardedFor: '203.0.113.7' });
    const record = await signalbox.execution(String(answer.headers['x-execution-id']));
    expect(record).toMatchObject({ ip: '203.0.113.7', request: { ip: '203.0.113.7' } });
  });
});

describe.runIf(hasIpv6)('on a socket for both families', () => {
  let signalbox: Signalbox;

  beforeAll(async () => {
    signalbox = await Signalbox.start({ env: { HOST: '::' } });
  });
  afterAll(() => signalbox.stop());

  const ipv6 = () => signalbox.url.replace('127.0.0.1', '[::1]');

  it('an IPv6 caller is judged by IPv6 entries', async () => {
    for (const list of ['::1', '::1/128', '0:0:0:0:0:0:0:1', '::/0', undefined])
      expect(dataOf(await callOf(signalbox, list, { origin: ipv6() }))).toBe('::1');
    for (const list of ['127.0.0.1', '0.0.0.0/0', '::2', '2001:db8::/32'])
      expectRefusal(await callOf(signalbox, list, { origin: ipv6() }), 403, REFUSED);
  });

  it('an IPv4 caller is judged by IPv4 entries, though the socket shows him as IPv4-mapped', async () => {
    for (const list of ['127.0.0.1', '0.0.0.0/0', '::ffff:127.0.0.1'])
      expect(dataOf(await callOf(signalbox, list))).toBe('127.0.0.1');
    for (const list of ['::1', '::/0']) expectRefusal(await callOf(signalbox, list), 403, REFUSED);
  });
});
