import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, Signalbox } from '../support/signalbox.ts';
import { type RawRequest, sendRaw } from './support/raw-request.ts';

const LIMIT_BYTES = 1_048_576;
const query = '"$type":"GetCommandCatalogueQuery"';
let signalbox: Signalbox;

beforeAll(async () => {
  signalbox = await Signalbox.start();
});
afterAll(() => signalbox.stop());

function send(request: RawRequest): Promise<Answer<unknown>> {
  return sendRaw(signalbox, request);
}

/** What an answer must be to count as malformed. */
function malformed(sentence: string): Record<string, unknown> {
  return {
    success: false,
    data: null,
    message: 'Malformed request',
    errors: [sentence],
    code: 'http.malformed-json',
  };
}

/** A good body of so many bytes. */
const padded = (length: number) => `{${query}}`.padEnd(length, ' ');

/** Arrays in arrays; the object around them is one level more. */
const nested = (levels: number) => `{${query},"a":${'['.repeat(levels - 1)}${']'.repeat(levels - 1)}}`;

describe('The body of a command', () => {
  it.each([
    ['nothing', ''],
    ['half an object', '{"$type":'],
    ['a trailing comma', `{${query},}`],
    ['two objects', `{${query}}{}`],
    ['single quotes', "{'$type':'GetCommandCatalogueQuery'}"],
    ['a comment', `{${query}/* all */}`],
    ['a control character', `{${query},"a":"\n"}`],
  ])('is refused with 400 when it is %s', async (_what, body) => {
    const answer = await send({ body });
    expect(answer.status).toBe(400);
    expect(answer.body).toStrictEqual(malformed('The body is not valid JSON'));
  });

  it('is refused with 400 when there is none at all', async () => {
    expect((await send({})).body).toStrictEqual(malformed('The body is not valid JSON'));
  });

  it.each(['[]', `[{${query}}]`, 'null', '5', '"GetCommandCatalogueQuery"', 'true'])(
    'is refused with 400 when it is %s and no object',
    async (body) => {
      const answer = await send({ body });
      expect(answer.status).toBe(400);
      expect(answer.body).toStrictEqual(malformed('The body is not a JSON object'));
    },
  );

  it.each([
    [`{${query},"$type":"DeleteWebHookConfigCommand"}`, '$type'],
    [`{${query},"\\u0024type":"DeleteWebHookConfigCommand"}`, '$type'],
    [`{${query},"id":1,"name":2,"id":1}`, 'id'],
    [`{"$type":"LookupWebHookByKeyCommand","key":"a","k\\u0065y":"b"}`, 'key'],
    [`{${query},"":1,"":2}`, ''],
  ])('is refused with 400 when a name stands twice in it, however it is escaped: %s', async (body, name) => {
    const answer = await send({ body });
    expect(answer.status).toBe(400);
    expect(answer.body).toStrictEqual(malformed(`The name "${name}" stands twice in the body`));
  });

  it.each([65, 100, 100_000])('is refused with 400 when it nests %i levels deep', async (levels) => {
    const answer = await send({ body: nested(levels) });
    expect(answer.status).toBe(400);
    expect(answer.body).toStrictEqual(malformed('The body nests deeper than 64 levels'));
  });

  it('may nest 64 levels deep, and its strings may hold any number of brackets', async () => {
    expect((await send({ body: nested(64) })).body.errors).toStrictEqual(['Unknown field "a"']);
    const brackets = `{${query},"a":"${'[{'.repeat(500)}\\""}`;
    expect((await send({ body: brackets })).body.errors).toStrictEqual(['Unknown field "a"']);
  });

  it('is refused with 400 when it is not valid UTF-8', async () => {
    const body = Buffer.concat([
      Buffer.from(`{${query},"a":"`),
      Buffer.from([0xc3, 0x28]),
      Buffer.from('"}'),
    ]);
    expect((await send({ body })).body).toStrictEqual(malformed('The body is not valid UTF-8'));
  });

  it('has its own names, whatever names others sent before', async () => {
    // V8 13 reads an escaped name as an earlier one that looks like its escape: nodejs/node#63785.
    await send({ body: String.raw`{"$type":"LookupWebHookByKeyCommand","\\u0":1}` });
    const answer = await send({ body: String.raw`{"$type":"LookupWebHookByKeyCommand","\u006bey":"none"}` });
    expect(answer.body.errors).toStrictEqual(['No webhook configuration found with the specified key']);
  });

  it.each(['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty'])(
    'has no use for the field %s: it is unknown like any other',
    async (name) => {
      const answer = await send({ body: `{${query},"${name}":{"isAdmin":true}}` });
      expect(answer.status).toBe(400);
      expect(answer.body).toMatchObject({
        message: 'Validation failed',
        errors: [`Unknown field "${name}"`],
      });
    },
  );

  it('is refused with one sentence for each field that nobody knows', async () => {
    const answer = await send({ body: `{${query},"one":1,"two":{"three":3}}` });
    expect(answer.body).toStrictEqual({
      success: false,
      data: null,
      message: 'Validation failed',
      errors: ['Unknown field "one"', 'Unknown field "two"'],
      code: 'bus.validation-failed',
    });
  });

  it('may be as long as the limit and not a byte longer', async () => {
    expect((await send({ body: padded(LIMIT_BYTES) })).status).toBe(200);
    const answer = await send({ body: padded(LIMIT_BYTES + 1) });
    expect(answer.status).toBe(413);
    expect(answer.body).toStrictEqual({
      success: false,
      data: null,
      message: 'Request too large',
      errors: ['The body is larger than this server accepts'],
      code: 'http.too-large',
    });
  });

  it('is measured as it comes in when nobody announced its length', async () => {
    const chunk = Buffer.alloc(LIMIT_BYTES / 4, ' ');
    const body = ReadableStream.from([chunk, chunk, chunk, chunk, chunk]);
    expect((await send({ body })).status).toBe(413);
  });

  it.each([
    ['gzip', gzipSync(`{${query}}`)],
    ['br', Buffer.from(`{${query}}`)],
  ])('is refused when it is compressed with %s', async (encoding, bytes) => {
    const answer = await send({ body: new Uint8Array(bytes), headers: { 'Content-Encoding': encoding } });
    expect(answer.status).toBe(400);
    expect(answer.body).toStrictEqual(malformed('A compressed body is not accepted here'));
  });
});

describe('The content type of a command', () => {
  it.each([
    'application/json',
    'application/json; charset=utf-8',
    'Application/JSON',
    'application/json;v=1',
  ])('may be %s', async (contentType) => {
    const answer = await send({ body: `{${query}}`, headers: { 'Content-Type': contentType } });
    expect(answer.status).toBe(200);
  });

  it.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'application/vnd.api+json',
    'application/jsonp',
    'text/json',
    'nonsense',
  ])('is refused with 415 when it is %s', async (contentType) => {
    const answer = await send({ body: `{${query}}`, headers: { 'Content-Type': contentType } });
    expect(answer.status).toBe(415);
    expect(answer.body).toStrictEqual({
      success: false,
      data: null,
      message: 'Unsupported media type',
      errors: ['Send the body as application/json'],
      code: 'http.not-json',
    });
  });

  it('is refused with 415 when there is none', async () => {
    const answer = await send({
      body: new TextEncoder().encode(`{${query}}`),
      headers: { 'Content-Type': '' },
    });
    expect(answer.status).toBe(415);
  });
});

describe('The $type of a command', () => {
  it.each(['Nothing', 'getCommandCatalogueQuery', 'GetCommandCatalogueQuery ', '__proto__', 'constructor'])(
    'is unknown when it is "%s"',
    async (type) => {
      const answer = await send({ body: JSON.stringify({ $type: type }) });
      expect(answer.status).toBe(400);
      expect(answer.body).toStrictEqual({
        success: false,
        data: null,
        message: 'Unknown command',
        errors: [`There is no command "${type}"`],
        code: 'bus.unknown-command',
      });
    },
  );

  it.each(['{}', '{"$type":""}', '{"$type":null}', '{"$type":5}', '{"$type":["A"]}', '{"type":"A"}'])(
    'is missed in %s',
    async (body) => {
      const answer = await send({ body });
      expect(answer.status).toBe(400);
      expect(answer.body).toStrictEqual({
        success: false,
        data: null,
        message: 'Unknown command',
        errors: ['The body has no $type that names a command'],
        code: 'bus.unknown-command',
      });
    },
  );

  it('is not repeated at any length', async () => {
    const answer = await send({ body: JSON.stringify({ $type: 'x'.repeat(100_000) }) });
    expect(answer.body.errors?.[0]?.length).toBeLessThan(200);
  });
});
