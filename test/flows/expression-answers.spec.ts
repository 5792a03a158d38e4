import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Signalbox } from '../support/signalbox.ts';
import { expectRefusal, type ReceivedAnswer, sendRequest } from './send-request.ts';

let signalbox: Signalbox;
let made = 0;

beforeAll(async () => {
  signalbox = await Signalbox.start();
});
afterAll(() => signalbox.stop());

async function configured(fields: Record<string, unknown>): Promise<string> {
  const key = `answered-${++made}`;
  await signalbox.createConfig(key, fields);
  return key;
}

function post(key: string, body: unknown): Promise<ReceivedAnswer> {
  const path = `/api/webhooks/dynamic/${key}`;
  return sendRequest(signalbox.url, {
    path,
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  });
}

async function answerTo(responseExpression: string, body: unknown = {}, executionCode = 'return {id: 7};') {
  return await post(await configured({ responseExpression, executionCode }), body);
}

function executionOf(answer: ReceivedAnswer): Promise<Record<string, unknown>> {
  return signalbox.execution(String(answer.headers['x-execution-id']));
}

const newConfig = (key: string) => ({
  key,
  description: 'Made by a webhook',
  isEnabled: true,
  path: `/webhooks/${key}`,
  action: 'POST',
  executionType: 2,
  executionCode: 'return 1;',
});

describe('responseExpression', () => {
  it.each([
    ['={status: 201, body: result}', 201, 'application/json; charset=utf-8', '{"id":7}'],
    ['={body: "made " + string(result.id)}', 200, 'text/plain; charset=utf-8', 'made 7'],
    ['={status: 204}', 204, 'text/plain; charset=utf-8', ''],
    ['={body: null}', 200, 'application/json; charset=utf-8', 'null'],
    ['={status: null, headers: null, body: [request.body.a]}', 200, 'application/json; charset=utf-8', '[1]'],
    ['={}', 200, 'text/plain; charset=utf-8', ''],
    ['={headers: {"Content-Type": "text/xml"}, body: "<Ok/>"}', 200, 'text/xml', '<Ok/>'],
    ['={status: if request.body.a = 1 then 404 else 200, body: "é"}', 404, 'text/plain; charset=utf-8', 'é'],
  ])('%s is the whole answer', async (expression, status, contentType, text) => {
    const answer = await answerTo(expression, { a: 1 });
    expect([answer.status, answer.headers['content-type'], answer.text]).toEqual([status, contentType, text]);
    expect(answer.headers['content-security-policy']).toBe('sandbox');
    expect(answer.headers['x-content-type-options']).toBe('nosniff');
    expect(await executionOf(answer)).toMatchObject({
      status: 'succeeded',
      answerStatus: status,
      answer: { body: text },
    });
  });

  it('sets headers, several of one name too; cookies and what is ours it cannot set', async () => {
    const answer = await answerTo(
      '={headers: {"X-One": ["a", "b"], "X-N": 1, "X-B": true, "X-No": null, "Set-Cookie": "a=1", "X-Execution-Id": "exe_forged", "Content-Security-Policy": "default-src *", "Transfer-Encoding": "chunked"}}',
    );
    expect(answer.headers).toMatchObject({ 'x-one': 'a, b', 'x-n': '1', 'x-b': 'true' });
    expect(answer.headers).not.toHaveProperty('x-no');
    expect(answer.headers).not.toHaveProperty('set-cookie');
    expect(answer.headers['content-security-policy']).toBe('sandbox');
    expect(answer.headers['x-execution-id']).toMatch(/^exe_[0-9a-f-]{36}$/);
  });

  it.each([
    ['=null', 'gave null: it must give a context of status, headers and body'],
    ['="x"', 'gave a text: it must give a context of status, headers and body'],
    ['=[{}]', 'gave a list: it must give a context of status, headers and body'],
    ['={statusCode: 200}', 'gave the field "statusCode": there are status, headers and body'],
    ['={status: 99}', 'gave a status that is not a whole number from 200 to 599'],
    ['={status: 101}', 'gave a status that is not a whole number from 200 to 599'],
    ['={status: "200"}', 'gave a status that is not a whole number from 200 to 599'],
    ['={status: 200.5}', 'gave a status that is not a whole number from 200 to 599'],
    ['={headers: "x"}', 'gave a text as headers: they must be a context'],
    ['={headers: {"X A": "b"}}', 'gave a header that cannot be sent: "X A"'],
    ['={headers: {"X-A": {}}}', 'gave a header that cannot be sent: "X-A"'],
    ['={headers: {"X-A": "a\\r\\nSet-Cookie: b=1"}}', 'gave a header that cannot be sent: "X-A"'],
    ['={headers: {"X-A": "€"}}', 'gave a header that cannot be sent: "X-A"'],
  ])('%s is a failure', async (expression, sentence) => {
    const answer = await answerTo(expression);
    expectRefusal(answer, 500, 'expression.wrong-value');
    expect(answer.json).toMatchObject({ errors: [`ResponseExpression ${sentence}`] });
    expect(await executionOf(answer)).toMatchObject({ status: 'failed', code: 'expression.wrong-value' });
  });

  it('is not asked when the script answers itself, or when it fails', async () => {
    const answer = await answerTo('={status: 201}', {}, 'return respond({ status: 418, body: "own" });');
    expect([answer.status, answer.text]).toEqual([418, 'own']);
    expectRefusal(await answerTo('={status: 201}', {}, 'throw new Error("no luck");'), 500, 'script.threw');
  });
});

const creating = (responseExpression: string) =>
  configured({ executionType: 0, commandName: 'CreateWebHookConfigCommand', responseExpression });

describe('responseExpression of a native command', () => {
  it('sees its data, and the answer goes out when command and record are on disk', async () => {
    const key = await creating('={status: 201, body: result.key + " " + string(result.version)}');
    const answer = await post(key, newConfig('responded'));
    expect([answer.status, answer.text]).toEqual([201, 'responded 1']);
    expect((await post('responded', {})).status).toBe(200);
    expect(await executionOf(answer)).toMatchObject({
      status: 'succeeded',
      steps: [{ name: 'CreateWebHookConfigCommand', output: { success: true } }],
    });
  });

  it('that fails does not undo the command: the execution failed and shows the step that was done', async () => {
    const answer = await post(await creating('="nothing"'), newConfig('done-all-the-same'));
    expectRefusal(answer, 500, 'expression.wrong-value');
    expect((await post('done-all-the-same', {})).status).toBe(200);
    expect(await executionOf(answer)).toMatchObject({
      status: 'failed',
      code: 'expression.wrong-value',
      steps: [{ name: 'CreateWebHookConfigCommand', output: { success: true } }],
    });
  });

  it('is not asked when the command fails', async () => {
    const answer = await post(await creating('={status: 201}'), { key: 'x' });
    expectRefusalStatus(answer, 400, 'bus.validation-failed');
  });

  it('sees the data of a query', async () => {
    const fields = { executionType: 0, commandName: 'GetWebHookConfigListQuery' };
    const key = await configured({ ...fields, responseExpression: '={body: [result.pageSize]}' });
    expect((await post(key, { pageSize: 3 })).text).toBe('[3]');
  });
});

function expectRefusalStatus(answer: ReceivedAnswer, status: number, code: string): void {
  expect([answer.status, (answer.json as { code?: string }).code]).toEqual([status, code]);
}
