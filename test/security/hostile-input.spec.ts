import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type ReceivedAnswer, sendRequest } from '../flows/send-request.ts';
import { Signalbox } from '../support/signalbox.ts';

const json = 'application/json';
const webhooks = ['script', 'native'] as const;

let signalbox: Signalbox;
let victimId: number;

beforeAll(async () => {
  // Room for a million entries, and for a script that is handed them.
  const env = { BODY_LIMIT_BYTES: '4194304', SCRIPT_MEMORY_MB: '1024', SCRIPT_TIMEOUT_MS: '20000' };
  signalbox = await Signalbox.start({ env });
  victimId = Number((await signalbox.createConfig('victim'))['id']);
  await signalbox.createConfig('script', { executionCode: 'return typeof context.body;' });
  await signalbox.createConfig('native', { executionType: 0, commandName: 'GetWebHookConfigListQuery' });
});

afterAll(() => signalbox.stop());

afterEach(expectOthersServed);

/** After every attack the next caller gets his answer, and nothing has been done to anybody. */
async function expectOthersServed(): Promise<void> {
  const { status, body } = await signalbox.command('GetWebHookConfigByIdQuery', { id: victimId });
  expect([status, body.data['isEnabled'], body.data['version']]).toEqual([200, true, 1]);
  expect((await signalbox.call('script', { a: 1 })).status).toBe(200);
  expect((await signalbox.call('native', {})).status).toBe(200);
}

function command(body: Buffer | string, contentType = json): Promise<ReceivedAnswer> {
  const headers = { 'X-API-Key': signalbox.apiKey, 'Content-Type': contentType };
  return sendRequest(signalbox.url, { path: '/api/bpm/cmd', headers, body });
}

function webhook(key: string, body: Buffer | string, contentType = json): Promise<ReceivedAnswer> {
  const headers = { 'Content-Type': contentType };
  return sendRequest(signalbox.url, { path: `/api/webhooks/dynamic/${key}`, headers, body });
}

function expectRefused(answer: ReceivedAnswer, status = 400): void {
  expect(answer.status).toBe(status);
  expect(answer.json).toMatchObject({
    success: false,
    data: null,
    code: expect.stringContaining('.') as string,
  });
  const { errors } = answer.json as { errors: string[] };
  expect(errors.length).toBeGreaterThan(0);
  for (const sentence of errors.slice(0, 5)) expect(sentence).toMatch(/\w+ \w+/);
}

/** Either it is fine or it is the caller's fault; never ours. */
function expectNoSurprise(answer: ReceivedAnswer): void {
  if (answer.status !== 200) expectRefused(answer, answer.status);
  expect(answer.status).toBeLessThan(500);
}

describe('the command endpoint refuses with a sentence', () => {
  const type = '"$type":"GetWebHookConfigListQuery"';
  const deletion = () => `"$type":"DeleteWebHookConfigCommand","id":${victimId}`;

  it.each([
    ['nothing', ''],
    ['white space', ' \n'],
    ['a cut object', `{${type}`],
    ['a trailing comma', `{${type},}`],
    ['two objects', `{${type}}{${type}}`],
    ['a comment', `{${type}/**/}`],
    ['single quotes', "{'$type':'GetWebHookConfigListQuery'}"],
    ['a NUL after the object', `{${type}}\0`],
    ['a NUL in a string', `{${type},"search":"\0"}`],
    ['a line feed in a string', `{${type},"search":"\n"}`],
    ['NaN', `{${type},"pageSize":NaN}`],
    ['an array', `[{${type}}]`],
    ['a string', '"GetWebHookConfigListQuery"'],
    ['a number', '1'],
    ['null', 'null'],
    ['no $type', '{"id":1}'],
    ['bytes that are no UTF-8', Buffer.from(`{${type},"search":"\u00ff"}`, 'latin1')],
    ['overlong UTF-8', Buffer.concat([Buffer.from('{"a":"'), Buffer.from([0xc0, 0xaf]), Buffer.from('"}')])],
    ['UTF-16', Buffer.from(`\ufeff{${type}}`, 'utf16le')],
  ])('%s', async (_what, body) => {
    expectRefused(await command(body));
  });

  it.each([
    '1',
    'null',
    'true',
    '[]',
    '{}',
    '["GetWebHookConfigListQuery"]',
    '{"$type":"GetWebHookConfigListQuery"}',
    '""',
  ])('a $type that is no name: %s', async (value) => expectRefused(await command(`{"$type":${value}}`)));

  it.each([
    'getwebhookconfiglistquery',
    'GetWebHookConfigListQuery ',
    'GetWebHookConfigListQuery\u0000',
    'constructor',
    '__proto__',
    'toString',
    'BpmRequest',
    '../GetWebHookConfigListQuery',
    'x'.repeat(1_000_000),
  ])('a $type that names no command', async (name) => {
    const answer = await command(JSON.stringify({ $type: name }));
    expectRefused(answer);
    expect(answer.json).toMatchObject({ message: 'Unknown command' });
    expect(answer.text.length).toBeLessThan(1000);
  });

  it.each([
    ['plainly', '"$type"'],
    ['with an escape', String.raw`"\u0024type"`],
    ['with another escape', String.raw`"$\u0074ype"`],
  ])('a second $type, written %s, before or after the first', async (_how, name) => {
    const second = `${name}:"DeleteWebHookConfigCommand","id":${victimId}`;
    for (const body of [`{${type},${second}}`, `{${second},${type}}`, `{${type},"a":{},${second}}`]) {
      expectRefused(await command(body));
    }
  });

  it('any other name that stands twice', async () => {
    expectRefused(await command(`{${type},"pageSize":1,"pageSize":2}`));
    expectRefused(
      await command(String.raw`{"$type":"GetWebHookConfigListQuery","search":"a","se\u0061rch":"b"}`),
    );
  });

  it('a command hidden where prototypes, nesting or names might bring it out', async () => {
    for (const body of [
      `{"__proto__":{${deletion()}}}`,
      `{"constructor":{"prototype":{${deletion()}}}}`,
      `{${type},"__proto__":{${deletion()}}}`,
      `{${type},"input":{${deletion()}}}`,
      `{"$type":"DeleteWebHookConfigCommand","__proto__":{"id":${victimId}}}`,
      `{"$Type":"DeleteWebHookConfigCommand","id":${victimId}}`,
      `{"type":"DeleteWebHookConfigCommand","id":${victimId}}`,
      `{"$type\\u0000":"DeleteWebHookConfigCommand","id":${victimId}}`,
    ])
      expectRefused(await command(body));
  });

  it.each([
    '1e400',
    '-1',
    '0',
    '1.5',
    '9007199254740993',
    '1e308',
    '"1"',
    '[1]',
    '{}',
    'true',
    `"${victimId}"`,
    '{"$gt":0}',
  ])('the id %s', async (id) =>
    expectRefused(await command(`{"$type":"DeleteWebHookConfigCommand","id":${id}}`)),
  );

  it.each([
    ['nesting of 65', '['.repeat(64) + ']'.repeat(64)],
    ['nesting of 100 000', '['.repeat(100_000) + ']'.repeat(100_000)],
    ['nesting of 100 000 objects', '{"a":'.repeat(100_000) + '1' + '}'.repeat(100_000)],
    ['nesting that never closes', '['.repeat(1_000_000)],
    ['a million entries', `[${'0,'.repeat(1_000_000)}0]`],
    ['a million empty objects', `[${'{},'.repeat(1_000_000)}{}]`],
    ['3 MB of one string', `"${'x'.repeat(3_000_000)}"`],
    ['3 MB of escapes', `"${String.raw`\u0000`.repeat(500_000)}"`],
    ['a number of 3 MB', '9'.repeat(3_000_000)],
  ])('%s as a field', async (_what, value) => {
    expectRefused(await command(`{${type},"search":${value}}`));
  });

  it('100 000 fields that it does not know', async () => {
    const fields = Array.from({ length: 100_000 }, (_, at) => `"f${at}":0`).join();
    const errors = ['The body has more than 1000 fields'];
    expect(await command(`{${type},${fields}}`)).toMatchObject({ status: 400, json: { errors } });
  });

  it.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'garbage',
    'application/json5',
    'text/json',
  ])('what is not sent as JSON: %s', async (contentType) =>
    expectRefused(await command(`{${type}}`, contentType), 415),
  );
});

describe('values that are odd but possible', () => {
  const odd = [
    '\u0000',
    '\ud800',
    '%',
    '_',
    "'; DROP TABLE users; --",
    '" OR 1=1',
    '\u202e',
    '\uffff',
    '😀',
    '\\',
    '*',
  ];

  it.each(odd)('are text like any other to the filters: %j', async (text) => {
    for (const [type, fields] of [
      ['GetWebHookConfigListQuery', { search: text }],
      ['LookupWebHookByKeyCommand', { key: text }],
      ['GetWebHookExecutionListQuery', { search: text }],
      ['GetWebHookExecutionListQuery', { key: text }],
      ['GetWebHookExecutionByIdQuery', { id: text }],
    ] as const) {
      const { status, body } = await signalbox.command<{ items?: unknown[] }>(type, fields);
      expect(status).toBeLessThan(500);
      if (status === 200) expect(body.data.items).toEqual([]);
    }
  });

  it.each(odd.filter((text) => text !== '\ud800'))('come back, a NUL as U+FFFD: %j', async (text) => {
    const { id } = await signalbox.createConfig('odd', { description: `a${text}b` });
    const { body } = await signalbox.command('GetWebHookConfigByIdQuery', { id });
    await signalbox.command('DeleteWebHookConfigCommand', { id });
    expect(body.data['description']).toBe(`a${text.replace('\0', '\ufffd')}b`);
  });

  it.each([
    '0001-01-01T00:00:00Z',
    '9999-12-31T23:59:59.999Z',
    '1969-12-31T23:59:59Z',
    '2026-02-30T00:00:00Z',
    '2026-01-01',
    '',
  ])('as times never surprise: %j', async (time) => {
    for (const fields of [{ from: time }, { to: time }])
      expect((await signalbox.command('GetWebHookExecutionListQuery', fields)).status).toBeLessThan(500);
  });
});

describe.each(webhooks)('a %s webhook', (key) => {
  it.each([
    ['a cut object', '{"a":'],
    ['two objects', '{}{}'],
    ['a NUL', '{"a":"\0"}'],
    ['bytes that are no UTF-8', Buffer.from([0x7b, 0xff, 0x7d])],
    ['UTF-16', Buffer.from('\ufeff{"a":1}', 'utf16le')],
    ['nesting of 65', '['.repeat(65) + ']'.repeat(65)],
    ['nesting of 100 000', '['.repeat(100_000) + ']'.repeat(100_000)],
    ['nesting of 100 000 objects', '{"a":'.repeat(100_000) + '1' + '}'.repeat(100_000)],
    ['nesting that never closes', '['.repeat(1_000_000)],
  ])('refuses %s before anything runs', async (_what, body) => {
    const answer = await webhook(key, body);
    expectRefused(answer);
    expect(answer.json).toMatchObject({ code: 'webhook.malformed-body' });
  });

  it.each([
    ['a million entries', `[${'0,'.repeat(999_999)}0]`],
    ['a million empty arrays', `[${'[],'.repeat(999_999)}[]]`],
    ['half a million objects', `[${'{"a":1},'.repeat(499_999)}{}]`],
    ['100 000 names', `{${Array.from({ length: 100_000 }, (_, at) => `"n${at}":${at}`).join(',')}}`],
    ['the same name 100 000 times', `{${'"a":1,'.repeat(100_000)}"a":2}`],
    ['4 MB of one string', `"${'x'.repeat(4_000_000)}"`],
    ['4 MB of escapes', `"${String.raw`\ud800`.repeat(650_000)}"`],
    ['a number of 4 MB', '9'.repeat(4_000_000)],
    [
      'prototype names',
      '{"__proto__":{"toString":1},"constructor":{"prototype":null},"toJSON":1,"then":1,"length":-1}',
    ],
    [
      'a body that names a command',
      `{"$type":"DeleteWebHookConfigCommand","id":1,"caller":{"permissions":["access:manage"]}}`,
    ],
  ])('takes %s or refuses it, and is not the one who fails', async (_what, body) => {
    expectNoSurprise(await webhook(key, body));
  });

  it.each([
    ['pairs', 'a&'.repeat(1_000_000)],
    ['names', Array.from({ length: 200_000 }, (_, at) => `n${at}=1`).join('&')],
    ['ampersands', '&'.repeat(4_000_000)],
    ['broken escapes', '%'.repeat(4_000_000)],
    ['prototype names', '__proto__=1&__proto__[a]=1&constructor.prototype.a=1'],
  ])('takes a form of nothing but %s or refuses it', async (_what, body) => {
    expectNoSurprise(await webhook(key, body, 'application/x-www-form-urlencoded'));
  });

  it('takes a URL of nothing but query names', async () => {
    const path = `/api/webhooks/dynamic/${key}?${'a&'.repeat(3000)}__proto__=1&%=%`;
    expectNoSurprise(
      await sendRequest(signalbox.url, { path, body: '{}', headers: { 'Content-Type': json } }),
    );
  });
});
