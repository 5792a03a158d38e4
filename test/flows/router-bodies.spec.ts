import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Signalbox } from '../support/signalbox.ts';
import { dataOf, expectRefusal, type ReceivedAnswer, sendRequest, type SentRequest } from './send-request.ts';

const json = 'application/json';
const BOM = '\u{feff}';

interface SeenBody {
  body: unknown;
  bodyBase64?: string;
  rawBodyBase64: string;
}

let signalbox: Signalbox;

beforeAll(async () => {
  signalbox = await Signalbox.start();
  const executionCode =
    'const { body, bodyBase64, rawBodyBase64 } = context; return { body, bodyBase64, rawBodyBase64 };';
  await signalbox.createConfig('see', { executionCode });
  await signalbox.createConfig('see-get', { executionCode, action: 'GET' });
  await signalbox.createConfig('see-delete', { executionCode, action: 'DELETE' });
  await signalbox.createConfig('native', { executionType: 0, commandName: 'GetWebHookConfigListQuery' });
});

afterAll(() => signalbox.stop());

function send(key: string, request: Omit<SentRequest, 'path'>): Promise<ReceivedAnswer> {
  return sendRequest(signalbox.url, { path: `/api/webhooks/dynamic/${key}`, ...request });
}

/** What the script saw; the bytes as received must be there whatever they are. */
async function seen(
  body: Buffer | string,
  headers: Record<string, string>,
): Promise<Omit<SeenBody, 'rawBodyBase64'>> {
  const { rawBodyBase64, ...rest } = dataOf<SeenBody>(await send('see', { body, headers }));
  expect(rawBodyBase64).toBe(Buffer.from(body).toString('base64'));
  return rest;
}

function typed(contentType: string): Record<string, string> {
  return { 'Content-Type': contentType };
}

describe('a JSON body', () => {
  it.each([
    ['application/json', '{"a":[1,{"b":null}]}', { a: [1, { b: null }] }],
    ['application/json; charset=utf-8', '{"a":"é"}', { a: 'é' }],
    ['application/json;charset="UTF-8"; x=y', '[]', []],
    ['Application/JSON', '"text"', 'text'],
    ['application/vnd.api+json', '0', 0],
    ['application/cloudevents+json; charset=utf-8', 'true', true],
    ['application/problem+JSON', ' \r\n\t{"a":1}\n', { a: 1 }],
    [json, 'null', null],
    [json, `${BOM}{"a":1}`, { a: 1 }],
  ])('of type %s is the value it stands for: %s', async (contentType, body, value) => {
    expect(await seen(body, typed(contentType))).toEqual({ body: value });
  });

  it('keeps every character that JSON can write', async () => {
    const text = String.raw`{"😀":"\ud83d\ude00 \u0000 \u2028 ز","":"\\\/\""}`;
    expect(await seen(text, typed(json))).toEqual({ body: JSON.parse(text) as unknown });
  });

  it('keeps its exact bytes where numbers are larger than a script can hold', async () => {
    const { body } = await seen('{"big":12345678901234567890,"huge":1e400,"tiny":1e-400}', typed(json));
    expect(body).toEqual({ big: 12345678901234567000, huge: null, tiny: 0 });
  });

  it('has the names of prototypes as plain names', async () => {
    const { body } = await seen('{"__proto__":{"polluted":1},"constructor":2,"toString":3}', typed(json));
    expect(Object.entries(body as object)).toEqual([
      ['__proto__', { polluted: 1 }],
      ['constructor', 2],
      ['toString', 3],
    ]);
  });

  it('nests 64 levels deep and no deeper', async () => {
    expect(await seen(nested(64), typed(json))).toEqual({ body: JSON.parse(nested(64)) as unknown });
    const answer = await send('see', { body: nested(65), headers: typed(json) });
    expectRefusal(answer, 400, 'webhook.malformed-body');
  });

  it.each([
    ['{'],
    ['{"a":1,}'],
    ["{'a':1}"],
    ['NaN'],
    ['{"a":1}{"b":2}'],
    ['\u00a0{}'],
    ['{"a":"\n"}'],
    [Buffer.from('{"a":1}', 'utf16le')],
    [Buffer.from([0x22, 0xff, 0x22])],
    [Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22])],
    [Buffer.from([0x22, 0xc0, 0x80, 0x22])],
  ])('that is none is refused before anything runs: %j', async (body) => {
    for (const key of ['see', 'native']) {
      const answer = await send(key, { body, headers: typed(json) });
      expectRefusal(answer, 400, 'webhook.malformed-body');
    }
  });
});

describe('a form', () => {
  it('gives text for each name, and an array where a name stands twice', async () => {
    const form = 'a=1&a=2&a=&b=x+y%2B&c=%C3%A9&d&=e&%F0%9F%98%80=s&f[]=1&g=a=b';
    const { body } = await seen(form, typed('application/x-www-form-urlencoded; charset=utf-8'));
    expect(body).toEqual({
      a: ['1', '2', ''],
      b: 'x y+',
      c: 'é',
      d: '',
      '': 'e',
      '😀': 's',
      'f[]': '1',
      g: 'a=b',
    });
  });

  it('has the names of prototypes as plain names', async () => {
    const { body } = await seen(
      '__proto__=1&__proto__=2&constructor=3&hasOwnProperty=4',
      typed('application/x-www-form-urlencoded'),
    );
    expect(Object.entries(body as object)).toEqual([
      ['__proto__', ['1', '2']],
      ['constructor', '3'],
      ['hasOwnProperty', '4'],
    ]);
  });

  it('of bytes that are no UTF-8 is refused', async () => {
    const headers = typed('application/x-www-form-urlencoded');
    const answer = await send('see', { body: Buffer.from([0x61, 0x3d, 0xff]), headers });
    expectRefusal(answer, 400, 'webhook.malformed-body');
  });
});

describe('text and XML', () => {
  it.each([
    'text/plain',
    'text/plain; charset=utf-8',
    'TEXT/CSV',
    'text/xml',
    'application/xml',
    'application/soap+xml; charset=utf-8',
    'application/atom+xml',
  ])('of type %s are a string', async (contentType) => {
    const text = '<a b="é">😀\r\n{"not":"JSON"}</a>';
    expect(await seen(text, typed(contentType))).toEqual({ body: text });
  });

  it.each(['text/plain', 'text/plain; charset=iso-8859-1', 'application/xml'])(
    'of type %s that are no UTF-8 are refused',
    async (contentType) => {
      const answer = await send('see', {
        body: Buffer.from('caf\u00e9', 'latin1'),
        headers: typed(contentType),
      });
      expectRefusal(answer, 400, 'webhook.malformed-body');
    },
  );
});

describe('any other body', () => {
  const bytes = Buffer.from([0, 1, 2, 0xff, 0xfe, 0x0a, 0x7b]);

  it.each([
    'application/octet-stream',
    'image/png',
    'multipart/form-data; boundary=x',
    'application/pdf',
    'application/jsonp',
    'x/y',
  ])('of type %s is in bodyBase64, and body is null', async (contentType) => {
    expect(await seen(bytes, typed(contentType))).toEqual({
      body: null,
      bodyBase64: bytes.toString('base64'),
    });
  });

  it.each(['garbage', 'application', 'application/json, text/plain', '/', 'text /plain'])(
    'of a type that is no media type (%j) is in bodyBase64 too',
    async (contentType) => {
      expect(await seen(bytes, typed(contentType))).toEqual({
        body: null,
        bodyBase64: bytes.toString('base64'),
      });
    },
  );
});

describe('a body without a Content-Type', () => {
  it.each([
    ['{"a":1}', { a: 1 }],
    ['42', 42],
    ['null', null],
    [`${BOM}{"a":1}`, { a: 1 }],
    ['a=1&b=2', 'a=1&b=2'],
    ['{"a":1', '{"a":1'],
    ['<a/>', '<a/>'],
  ])('is JSON if it parses, else text: %j', async (body, value) => {
    expect(await seen(body, {})).toEqual({ body: value });
  });

  it('that is neither is refused', async () => {
    const answer = await send('see', { body: Buffer.from([0x61, 0xff]) });
    expectRefusal(answer, 400, 'webhook.malformed-body');
  });
});

describe('no body', () => {
  it.each([json, 'text/plain', 'application/x-www-form-urlencoded', 'application/octet-stream', ''])(
    'is null, whatever its type says: %j',
    async (contentType) => {
      const headers = contentType === '' ? {} : typed(contentType);
      expect(await seen('', headers)).toEqual({ body: null });
      const chunked = await send('see', { headers, body: '', isChunked: true });
      expect(dataOf(chunked)).toEqual({ body: null, rawBodyBase64: '' });
    },
  );

  it('is null for a GET with a query only', async () => {
    expect(dataOf(await send('see-get?a=1', { method: 'GET' }))).toEqual({ body: null, rawBodyBase64: '' });
  });

  it('is null for a DELETE, which may also have one', async () => {
    expect(dataOf(await send('see-delete', { method: 'DELETE' }))).toEqual({ body: null, rawBodyBase64: '' });
    const answer = await send('see-delete', { method: 'DELETE', body: '{"a":1}', headers: typed(json) });
    expect(dataOf(answer)).toMatchObject({ body: { a: 1 } });
  });

  it('is an empty set of fields for a native command', async () => {
    expect(dataOf(await send('native', {}))).toMatchObject({ pageNumber: 1, pageSize: 10 });
  });
});

function nested(levels: number): string {
  return '['.repeat(levels) + ']'.repeat(levels);
}
