import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Signalbox } from '../support/signalbox.ts';
import { dataOf, type ReceivedAnswer, sendRequest } from './send-request.ts';

let signalbox: Signalbox;
let made = 0;

beforeAll(async () => {
  signalbox = await Signalbox.start();
});

afterAll(() => signalbox.stop());

/** What a new configuration with this script answers to the body. */
async function answerOf(executionCode: string, body: unknown = {}): Promise<ReceivedAnswer> {
  const key = `script-${++made}`;
  await signalbox.createConfig(key, { executionCode });
  return await post(key, body);
}

function post(key: string, body: unknown): Promise<ReceivedAnswer> {
  return sendRequest(signalbox.url, {
    path: `/api/webhooks/dynamic/${key}`,
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  });
}

function success(data: unknown) {
  return { success: true, data, message: 'Webhook processed successfully' };
}

function failure(errors: unknown[], code: unknown = expect.any(String)) {
  return { success: false, data: null, message: 'Webhook processing failed', errors, code };
}

describe('the value of return', () => {
  it.each([
    ['return context.body;', { a: [1] }],
    ['return "text";', 'text'],
    ['return 0;', 0],
    ['return false;', false],
    ['return null;', null],
    ['return undefined;', null],
    [';', null],
    ['return () => 1;', null],
    ['return Symbol("s");', null],
    ['return NaN;', null],
    ['return await Promise.resolve([1]);', [1]],
    ['return { toJSON: () => "own" };', 'own'],
    ['return new Date(0);', '1970-01-01T00:00:00.000Z'],
    ['return "\\ud800\\u2028";', '\ud800\u2028'],
    [
      'return { status: 201, headers: {}, body: "no respond" };',
      { status: 201, headers: {}, body: 'no respond' },
    ],
  ])('%s is the data of a 200', async (code, data) => {
    const answer = await answerOf(code, { a: [1] });
    expect(answer.status).toBe(200);
    expect(answer.json).toEqual(success(data));
    expect(answer.headers['content-type']).toBe('application/json; charset=utf-8');
    expect(answer.headers['x-execution-id']).toMatch(/^exe_[0-9a-f-]{36}$/);
  });

  it.each([
    'const a = {}; a.a = a; return a;',
    'return 1n;',
    'return { toJSON() { throw new Error("no JSON"); } };',
  ])('that JSON cannot write is a failure of the script: %s', async (code) => {
    const answer = await answerOf(code);
    expect(answer.status).toBe(500);
    expect(answer.json).toEqual(failure([expect.any(String)], 'script.threw'));
  });
});

describe('a script that throws', () => {
  it.each([
    ['throw new Error("order 7 is unknown");', 'order 7 is unknown'],
    ['throw new TypeError("bad");', 'bad'],
    ['throw "a string";', 'a string'],
    ['await Promise.reject(new Error("rejected"));', 'rejected'],
    ['context.body.missing.field;', 'field'],
    ['undefinedName();', 'undefinedName is not defined'],
  ])('is a 500 that shows its message: %s', async (code, message) => {
    const answer = await answerOf(code);
    expect(answer.status).toBe(500);
    expect(answer.json).toEqual(failure([expect.stringContaining(message)], 'script.threw'));
  });

  it.each([
    'null',
    'undefined',
    '{}',
    'Symbol()',
    '{ get message() { throw 1; } }',
    '{ message: { a: 1 } }',
    '""',
    '0',
  ])('throws whatever it likes and the answer is the same sentence in an envelope: %s', async (thrown) => {
    const answer = await answerOf(`throw ${thrown};`);
    expect(answer.status).toBe(500);
    expect(answer.json).toEqual(failure([expect.any(String)], 'script.threw'));
  });

  it('shows at most 1 KiB of it', async () => {
    const answer = await answerOf('throw new Error("é".repeat(100000));');
    const [message] = (answer.json as { errors: string[] }).errors;
    expect(Buffer.byteLength(message!)).toBeLessThanOrEqual(1024);
    expect(message).toContain('éééé');
  });

  it.each([
    'throw new Error("x");',
    'const f = () => f(); f();',
    'JSON.parse("{");',
    'new URL("no");',
    'crypto.hash("no-such", "a", "hex");',
    'atob("*");',
    'try { null.x } catch (e) { throw new Error(e.stack); }',
    'const e = new Error("s"); throw e.stack;',
    'throw new Error("a", { cause: new Error("b") });',
  ])('shows no frames or paths of the host: %s', async (code) => {
    const answer = await answerOf(code);
    expect(answer.status).toBe(500);
    expect(answer.text).not.toMatch(/node:|node_modules|\/dist\/|\.js|file:|isolated|worker|at \S+ \(\//);
  });
});

describe('respond', () => {
  it.each([
    ['{ status: 201, body: "made" }', 201, 'text/plain; charset=utf-8', 'made'],
    ['{ status: 202, body: { a: 1 } }', 202, 'application/json; charset=utf-8', '{"a":1}'],
    ['{ body: [1] }', 200, 'application/json; charset=utf-8', '[1]'],
    ['{ body: null }', 200, 'application/json; charset=utf-8', 'null'],
    ['{ body: "<Ok/>", headers: { "Content-Type": "application/xml" } }', 200, 'application/xml', '<Ok/>'],
    ['{ status: 404, body: "Not Ok" }', 404, 'text/plain; charset=utf-8', 'Not Ok'],
    ['{ status: 503, headers: { "Retry-After": 5 }, body: "" }', 503, 'text/plain; charset=utf-8', ''],
    ['{ status: 418 }', 418, 'text/plain; charset=utf-8', ''],
    ['{}', 200, 'text/plain; charset=utf-8', ''],
    ['{ body: "é😀" }', 200, 'text/plain; charset=utf-8', 'é😀'],
    ['{ status: 302, headers: { Location: "https://example.com/" } }', 302, 'text/plain; charset=utf-8', ''],
  ])('%s is the whole answer', async (code, status, contentType, text) => {
    const answer = await answerOf(`return respond(${code});`);
    expect([answer.status, answer.headers['content-type'], answer.text]).toEqual([status, contentType, text]);
    expect(answer.headers['x-execution-id']).toMatch(/^exe_[0-9a-f-]{36}$/);
    expect(answer.headers['content-security-policy']).toBe('sandbox');
    expect(answer.headers['x-content-type-options']).toBe('nosniff');
  });

  it.each([204, 205, 304])('with status %i and a body leaves the connection in order', async (status) => {
    const key = `bodyless-${status}`;
    await signalbox.createConfig(key, {
      executionCode: `return respond({ status: ${status}, body: "ghost" });`,
    });
    // Two calls on one kept connection: a stray body would be read as the second answer.
    for (const answer of [await signalbox.call(key, {}), await signalbox.call(key, {})]) {
      expect(answer.status).toBe(status);
      if (status !== 205) expect(await answer.text()).toBe('');
      else await answer.arrayBuffer();
    }
  });

  it('sets several values of one header, and names in any case', async () => {
    const answer = await answerOf(
      'return respond({ headers: { "X-One": ["a", "b"], LINK: "<x>", "x-n": 1, "x-b": true, "x-u": undefined } });',
    );
    expect(answer.headers).toMatchObject({ 'x-one': 'a, b', link: '<x>', 'x-n': '1', 'x-b': 'true' });
    expect(answer.headers).not.toHaveProperty('x-u');
  });

  it.each([
    ['Set-Cookie', '"session=1"'],
    ['SET-COOKIE', '["a=1", "b=2"]'],
    ['Connection', '"x-drop"'],
    ['Keep-Alive', '"timeout=9"'],
    ['Transfer-Encoding', '"chunked"'],
    ['Trailer', '"X-T"'],
    ['TE', '"trailers"'],
    ['Upgrade', '"websocket"'],
    ['Proxy-Authenticate', '"Basic"'],
    ['Proxy-Authorization', '"x"'],
    ['Proxy-Connection', '"close"'],
    ['Content-Length', '"1"'],
    ['Date', '"now"'],
  ])('drops the header %s and sends the rest', async (name, value) => {
    const answer = await answerOf(
      `return respond({ headers: { ${JSON.stringify(name)}: ${value}, "X-Kept": "yes" }, body: "whole" });`,
    );
    expect([answer.status, answer.text, answer.headers['x-kept']]).toEqual([200, 'whole', 'yes']);
    const wanted = (JSON.parse(`[${value}]`) as unknown[]).flat();
    const sent = Object.fromEntries(Object.entries(answer.headers))[name.toLowerCase()];
    for (const one of wanted) expect([sent].flat()).not.toContain(one);
  });

  it.each([
    ['Content-Security-Policy', 'default-src *'],
    ['content-security-policy', ''],
    ['X-Content-Type-Options', 'off'],
    ['X-Execution-Id', 'exe_forged'],
  ])('cannot set %s, which is ours', async (name, value) => {
    const answer = await answerOf(
      `return respond({ headers: { ${JSON.stringify(name)}: ${JSON.stringify(value)} } });`,
    );
    expect(answer.status).toBe(200);
    expect(answer.headers['content-security-policy']).toBe('sandbox');
    expect(answer.headers['x-content-type-options']).toBe('nosniff');
    expect(answer.headers['x-execution-id']).toMatch(/^exe_[0-9a-f-]{36}$/);
    const names = answer.rawHeaders.filter((_, at) => at % 2 === 0).map((one) => one.toLowerCase());
    expect(names.toSorted()).toEqual([...new Set(names)].toSorted());
  });

  it.each([
    ['status: 99'],
    ['status: 100'],
    ['status: 101'],
    ['status: 199'],
    ['status: 600'],
    ['status: 1000'],
    ['status: "200"'],
    ['status: "abc"'],
    ['status: 200.5'],
    ['status: NaN'],
    ['status: null'],
    ['status: -200'],
    ['status: {}'],
    ['headers: "x"'],
    ['headers: { "X A": "b" }'],
    ['headers: { "": "b" }'],
    ['headers: { "X:": "b" }'],
    ['headers: { "X-A": "b\\r\\nSet-Cookie: c=1" }'],
    ['headers: { "X-A": "b\\nX-B: c" }'],
    ['headers: { "X-A": "b\\0" }'],
    ['headers: { "X-A": "€" }'],
    ['headers: { "X-A": {} }'],
    ['headers: { "X-A": ["b", ["c"]] }'],
    ['body: new Uint8Array(2)'],
    ['body: 1n'],
  ])('with { %s } throws where the script can catch it', async (field) => {
    const answer = await answerOf(
      `try { return respond({ ${field} }); } catch (e) { return 'caught ' + e.message; }`,
    );
    expect(answer.status).toBe(200);
    expect(answer.json).toEqual(success(expect.stringMatching(/^caught .+/)));
  });

  it.each([
    'headers: { "X-A": "b\\u0001c" }',
    'headers: { "X-A": "\\u007f" }',
    'headers: { __proto__: ["a"] }',
    'headers: { ["__proto__"]: ["a"] }',
  ])('with { %s } never breaks the answer', async (field) => {
    const answer = await answerOf(`return respond({ status: 201, ${field}, body: "whole" });`);
    expect([201, 500]).toContain(answer.status);
    expect([...answer.rawHeaders.join('')].filter((one) => one < '\t' || one === '\u007f')).toEqual([]);
  });

  it.each([
    'Content-Type: ["text/plain", "text/html"]',
    '"Content-Type": ""',
    '"Content-Type": "garbage"',
    '"Content-Encoding": "gzip"',
  ])('with the header %s still sends the body as it is', async (header) => {
    const field = header.startsWith('"') ? header : `"Content-Type": ${header.slice(14)}`;
    const answer = await answerOf(`return respond({ headers: { ${field} }, body: "whole" });`);
    expect([answer.status, answer.text]).toEqual([200, 'whole']);
  });

  it('counts only when it is returned', async () => {
    expect(dataOf(await answerOf('respond({ status: 500 }); return 1;'))).toBe(1);
    expect((await answerOf('return { a: respond({ status: 500 }) };')).status).toBe(200);
  });
});
