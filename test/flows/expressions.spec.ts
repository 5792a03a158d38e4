import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Signalbox } from '../support/signalbox.ts';
import { dataOf, expectRefusal, type ReceivedAnswer, sendRequest } from './send-request.ts';

let signalbox: Signalbox;
let made = 0;

beforeAll(async () => {
  signalbox = await Signalbox.start();
});
afterAll(() => signalbox.stop());

const json = { 'Content-Type': 'application/json' };

async function configured(fields: Record<string, unknown>): Promise<string> {
  const key = `expressed-${++made}`;
  await signalbox.createConfig(key, fields);
  return key;
}

function post(key: string, body: unknown, headers: Record<string, string> = json): Promise<ReceivedAnswer> {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return sendRequest(signalbox.url, { path: `/api/webhooks/dynamic/${key}?n=1&n=2`, headers, body: text });
}

function executionOf(answer: ReceivedAnswer): Promise<Record<string, unknown>> {
  return signalbox.execution(String(answer.headers['x-execution-id']));
}

const native = (fields: Record<string, unknown>) => ({
  executionType: 0,
  commandName: 'GetWebHookConfigListQuery',
  ...fields,
});

describe('activationCondition', () => {
  it('that gives true lets the call through', async () => {
    const key = await configured({
      activationCondition: '=request.body.amount > 10 and request.method = "POST"',
    });
    expect(dataOf(await post(key, { amount: 11 }))).toEqual({ amount: 11 });
  });

  it.each([
    ['false', '=request.body.amount > 10', { amount: 10 }],
    ['null: a field that is not there', '=request.body.active', {}],
    ['null: texts are no numbers', '=request.body.amount + 1 > 10', { amount: '11' }],
  ])(
    'that gives %s has the call ignored: 200, recorded, nothing ran',
    async (_what, activationCondition, body) => {
      const key = await configured({ activationCondition, executionCode: 'throw new Error("ran");' });
      const answer = await post(key, body);
      expect(answer.status).toBe(200);
      const executionId = answer.headers['x-execution-id'];
      expect(answer.json).toEqual({
        success: true,
        data: { executionId, status: 'ignored' },
        message: 'Webhook ignored',
      });
      expect(await executionOf(answer)).toMatchObject({
        status: 'ignored',
        code: null,
        answerStatus: 200,
        steps: [],
      });
      const list = await signalbox.command('GetWebHookExecutionListQuery', { key, status: 'ignored' });
      expect(list.body.data['items']).toHaveLength(1);
    },
  );

  it.each([
    ['"true"', 'expression.wrong-value', 'ActivationCondition gave a text: it must give true, false or null'],
    ['1', 'expression.wrong-value', 'ActivationCondition gave a number: it must give true, false or null'],
    ['[true]', 'expression.wrong-value', 'ActivationCondition gave a list: it must give true, false or null'],
    ['{}', 'expression.wrong-value', 'ActivationCondition gave a context: it must give true, false or null'],
    ['[1..2]', 'expression.failed', 'ActivationCondition gave a range'],
    ['{f: function(n) f(n)}.f(1)', 'expression.limit-depth', 'ActivationCondition calls itself too often'],
  ])('that gives %s is a failure', async (text, code, sentence) => {
    const key = await configured({
      activationCondition: `=${text}`,
      executionCode: 'throw new Error("ran");',
    });
    const answer = await post(key, {});
    expectRefusal(answer, 500, code);
    expect(answer.json).toMatchObject({ errors: [sentence] });
    expect(await executionOf(answer)).toMatchObject({ status: 'failed', code });
  });
});

const shown = (text: string) =>
  configured({ responseExpression: `={body: ${text}}`, executionCode: 'return 1;' });

describe('the request that expressions see', () => {
  it('is the invocation', async () => {
    const key = `expressed-${++made}`;
    await signalbox.createConfig(key, {
      path: `/webhooks/${key}/:shop`,
      responseExpression: '={body: request}',
      executionCode: 'return 1;',
    });
    const path = `/api/webhooks/${key}/north?n=1&n=2`;
    const answer = await sendRequest(signalbox.url, {
      path,
      headers: { ...json, 'X-One': 'a' },
      body: '{"a":1}',
    });
    expect(answer.json).toMatchObject({
      method: 'POST',
      path: `/api/webhooks/${key}/north`,
      params: { shop: 'north' },
      query: { n: ['1', '2'] },
      headers: { 'x-one': 'a' },
      body: { a: 1 },
      ip: '127.0.0.1',
    });
  });

  it.each([
    ['application/json', '\uFEFF{"a":"é"}', { a: 'é' }],
    ['application/json', '{"\\u0061":"\\u00e9","a b":{"":1}}', { a: 'é', 'a b': { '': 1 } }],
    ['application/x-www-form-urlencoded', 'a=1&b=2&b=3', { a: '1', b: ['2', '3'] }],
    ['text/plain', '="text"', '="text"'],
    ['application/xml', '<a/>', '<a/>'],
    ['application/json', '', null],
    ['application/octet-stream', 'bytes', null],
  ])('has the body of %s as scripts see it: %j', async (type, body, seen) => {
    const key = await shown('request.body');
    const answer = await post(key, body, { 'Content-Type': type });
    expect([answer.status, JSON.parse(answer.text === '' ? '""' : asJson(answer))]).toEqual([200, seen]);
  });

  it('has bytes as Base64', async () => {
    const answer = await post(await shown('request.bodyBase64'), 'bytes', { 'Content-Type': 'image/png' });
    expect(answer.text).toBe(Buffer.from('bytes').toString('base64'));
  });

  it('is there only for a body that is what it says', async () => {
    const key = await configured({ activationCondition: '=true' });
    expectRefusal(await post(key, '{"a":'), 400, 'webhook.malformed-body');
  });
});

/** A text is sent as it is. */
function asJson({ text, headers }: ReceivedAnswer): string {
  return headers['content-type']?.startsWith('text/') ? JSON.stringify(text) : text;
}

describe('inputMapping', () => {
  it('gives the command its fields; the execution shows them', async () => {
    const key = await configured(
      native({ inputMapping: '={pageSize: count(request.body.items), search: request.body.who}' }),
    );
    const answer = await post(key, { items: [1, 2, 3], who: 'expressed', pageSize: 50 });
    expect(dataOf(answer)).toMatchObject({ pageSize: 3 });
    expect(await executionOf(answer)).toMatchObject({
      status: 'succeeded',
      steps: [{ name: 'GetWebHookConfigListQuery', input: { pageSize: 3, search: 'expressed' } }],
    });
  });

  it('of null gives none', async () => {
    const key = await configured(native({ inputMapping: '=request.body.missing' }));
    expect(dataOf(await post(key, { pageSize: 3 }))).toMatchObject({ pageSize: 10 });
  });

  it('cannot name another command, and a field that the command does not know is its refusal', async () => {
    const key = await configured(native({ inputMapping: '=request.body' }));
    expect(dataOf(await post(key, { $type: 'DeleteWebHookConfigCommand', pageSize: 2 }))).toMatchObject({
      pageSize: 2,
    });
    const answer = await post(key, { unknown: 1 });
    expectRefusal(answer, 400, 'bus.validation-failed');
    expect(answer.json).toMatchObject({ errors: ['Unknown field "unknown"'] });
  });

  it.each([
    ['[1]', 'a list'],
    ['"x"', 'a text'],
    ['true', 'true'],
  ])('of %s is a failure', async (text, what) => {
    const answer = await post(await configured(native({ inputMapping: `=${text}` })), {});
    expectRefusal(answer, 500, 'expression.wrong-value');
    expect(answer.json).toMatchObject({ errors: [`InputMapping gave ${what}: it must give a context`] });
  });

  it('is not asked for a call that is ignored', async () => {
    const key = await configured(native({ activationCondition: '=false', inputMapping: '=[1]' }));
    expect(dataOf(await post(key, {}))).toMatchObject({ status: 'ignored' });
  });
});

describe('bodySchema', () => {
  const bodySchema = {
    type: 'object',
    required: ['id'],
    properties: { id: { type: 'string' }, items: { type: 'array', items: { type: 'number' } } },
  };

  it('lets a body through that matches, and refuses others with the reasons', async () => {
    const key = await configured({ bodySchema });
    expect(dataOf(await post(key, { id: 'a', items: [1] }))).toEqual({ id: 'a', items: [1] });
    const answer = await post(key, { items: ['x', 2, null] });
    expect(answer.status).toBe(400);
    expect(answer.json).toEqual({
      success: false,
      data: null,
      message: 'Webhook processing failed',
      errors: [
        "body must have required property 'id'",
        'body/items/0 must be number',
        'body/items/2 must be number',
      ],
      code: 'webhook.body-schema',
    });
    expect(await executionOf(answer)).toMatchObject({ status: 'rejected', code: 'webhook.body-schema' });
  });

  it('comes before the condition', async () => {
    const key = await configured({ bodySchema, activationCondition: '=false' });
    expect((await post(key, {})).status).toBe(400);
    expect(dataOf(await post(key, { id: 'a' }))).toMatchObject({ status: 'ignored' });
  });

  it('comes after the proof: who does not prove himself learns nothing of it', async () => {
    const secret = `${Date.now()}-secret`;
    const verification = { scheme: 'token', in: 'header', name: 'X-Token', secrets: [secret] };
    const key = await configured({ bodySchema, verification });
    expectRefusal(await post(key, {}), 401, 'webhook.verification-failed');
    expect((await post(key, {}, { ...json, 'X-Token': secret })).status).toBe(400);
  });

  it('is for forms and texts too, and for no body', async () => {
    const key = await configured({ bodySchema: { type: ['string', 'null'], maxLength: 3 } });
    expect((await post(key, 'abc', { 'Content-Type': 'text/plain' })).status).toBe(200);
    expect((await post(key, '', json)).status).toBe(200);
    expect((await post(key, 'abcd', { 'Content-Type': 'text/plain' })).status).toBe(400);
    expect((await post(key, 'a=1', { 'Content-Type': 'application/x-www-form-urlencoded' })).status).toBe(
      400,
    );
  });
});
