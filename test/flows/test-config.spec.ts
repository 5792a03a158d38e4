import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { scriptFields } from '../commands/support/config-shape.ts';
import { Signalbox } from '../support/signalbox.ts';

interface Report {
  status: string;
  code: string | null;
  errors: string[];
  answer: { status: number; headers: Record<string, string>; body: string };
  steps: { name: string; input: unknown; output: Record<string, unknown> }[];
  logs: { text: string }[];
  result: unknown;
  verification: { isVerified: boolean; reason: string | null } | null;
  input: unknown;
  idempotencyKey: string | null;
  orderingKey: string | null;
  durationMs: number;
}

const type = 'TestWebHookConfigCommand';
let signalbox: Signalbox;
let made = 0;

beforeAll(async () => {
  signalbox = await Signalbox.start();
});
afterAll(() => signalbox.stop());

async function tested(fields: object): Promise<Report> {
  const { body } = await signalbox.command<Report>(type, { ...fields });
  expect(body).toMatchObject({ success: true });
  return body.data;
}

/** A configuration that is not saved, tried with a body. */
const tried = (fields: object, body: unknown = { n: 1 }, more: object = {}) => {
  const key = `tried-${++made}`;
  return tested({ config: { key, ...scriptFields(key), ...fields }, request: { body }, ...more });
};

async function executionsOf(key: string): Promise<number> {
  const { body } = await signalbox.command<{ items: object[] }>('GetWebHookExecutionListQuery', { key });
  return body.data.items.length;
}

async function hasEvent(name: string): Promise<boolean> {
  const { body } = await signalbox.command<{ items: { type: string }[] }>('GetEventListQuery', {});
  return body.data.items.some((event) => event.type === name);
}

describe('a test of a script', () => {
  it('tells the answer, the result, the logs and each step, and leaves no execution', async () => {
    const executionCode = `
      console.log('seen', context.body.n);
      const list = doCmd('GetWebHookConfigListQuery', { pageSize: 1 });
      const event = doCmd('PublishEventCommand', { type: 'tried.simulated', payload: {} });
      return { n: context.body.n, isList: Array.isArray(list.data.items), event };`;
    const report = await tried({ executionCode });
    const event = { success: true, data: null, message: 'Simulated' };
    expect(report).toMatchObject({
      status: 'succeeded',
      code: null,
      errors: [],
      answer: { status: 200, headers: { 'content-type': 'application/json; charset=utf-8' } },
      steps: [
        { name: 'GetWebHookConfigListQuery', output: { success: true } },
        { name: 'PublishEventCommand', input: { type: 'tried.simulated' }, output: event },
      ],
      logs: [{ text: 'seen 1' }],
      result: { n: 1, isList: true, event },
      verification: null,
      durationMs: expect.any(Number),
    });
    expect(JSON.parse(report.answer.body)).toMatchObject({ success: true, data: { n: 1 } });
    expect(await hasEvent('tried.simulated')).toBe(false);
    expect(await executionsOf(`tried-${made}`)).toBe(0);
  });

  it('gives the real failures of commands that cannot be done', async () => {
    const { result } = await tried({
      executionCode: `return [
        doCmd('NoSuchCommand', {}),
        doCmd('PublishEventCommand', { payload: {} }),
      ].map(({ success, code, errors }) => [success, code, errors]);`,
    });
    expect(result).toEqual([
      [false, 'bus.unknown-command', ['There is no command "NoSuchCommand"']],
      [false, 'bus.validation-failed', ['Type is required']],
    ]);
  });

  it('has the limits of a real run', async () => {
    const report = await tried({ executionCode: 'for (;;);' });
    expect(report).toMatchObject({
      status: 'failed',
      code: 'script.limit-running-time',
      answer: { status: 504 },
    });
    expect(await tried({ executionCode: 'throw new Error("No");' })).toMatchObject({
      status: 'failed',
      code: 'script.threw',
      errors: ['No'],
    });
  });

  it('does for real what it is allowed to', async () => {
    const executionCode = `return doCmd('PublishEventCommand', { type: 'tried.real', payload: {} }).success;`;
    expect(await tried({ executionCode }, {}, { allowEffects: true })).toMatchObject({ result: true });
    expect(await hasEvent('tried.real')).toBe(true);
    expect(await executionsOf(`tried-${made}`)).toBe(0);
  });
});

describe('a test of a native command', () => {
  const native = { executionType: 0, executionCode: undefined, commandName: 'PublishEventCommand' };

  it('checks its fields, and does nothing', async () => {
    expect(await tried(native, { type: 'tried.native', payload: {} })).toMatchObject({
      status: 'succeeded',
      result: null,
      steps: [{ input: { type: 'tried.native', payload: {} }, output: { message: 'Simulated' } }],
    });
    expect(await tried(native, { payload: {} })).toMatchObject({
      status: 'failed',
      code: 'bus.validation-failed',
      errors: ['Type is required'],
    });
    expect(await hasEvent('tried.native')).toBe(false);
    const real = await tried(native, { type: 'tried.native-real', payload: {} }, { allowEffects: true });
    expect(real.status).toBe('succeeded');
    expect(await hasEvent('tried.native-real')).toBe(true);
    expect(await executionsOf(`tried-${made}`)).toBe(0);
  });

  it('shows what its mapping gives', async () => {
    const inputMapping = '={ type: "tried." + request.body.what, payload: request.body }';
    const report = await tried({ ...native, inputMapping }, { what: 'mapped' });
    expect(report.input).toEqual({ type: 'tried.mapped', payload: { what: 'mapped' } });
  });
});

describe('a test of expressions', () => {
  it('shows the keys, and ends where the condition or the schema end a call', async () => {
    const fields = {
      responseMode: 'async',
      idempotency: { key: '=request.body.id' },
      orderingKey: '=request.body.customer',
      activationCondition: '=request.body.n > 0',
      bodySchema: { type: 'object', required: ['n'] },
    };
    const body = { id: 'a', customer: 'c', n: 1 };
    expect(await tried(fields, body)).toMatchObject({
      status: 'succeeded',
      idempotencyKey: 'a',
      orderingKey: 'c',
    });
    expect(await tried(fields, { ...body, n: 0 })).toMatchObject({
      status: 'ignored',
      answer: { status: 200 },
    });
    expect(await tried(fields, {})).toMatchObject({
      status: 'rejected',
      code: 'webhook.body-schema',
      answer: { status: 400 },
    });
  });

  it('shows the answer that they make of the result', async () => {
    const responseExpression = '={ status: 201, body: { doubled: 2 * result } }';
    const report = await tried({ executionCode: 'return context.body.n;', responseExpression });
    expect(report).toMatchObject({ result: 1, answer: { status: 201, body: '{"doubled":2}' } });
  });
});

describe('the request of a test', () => {
  const executionCode = 'const { rawBodyBase64, ip, ...rest } = context; return rest;';

  it('is a sample with its address, query, headers and body', async () => {
    const key = `tried-${++made}`;
    const config = { key, ...scriptFields(key), path: '/webhooks/tried/:what', executionCode };
    const { result } = await tested({
      config,
      request: { url: '/api/webhooks/tried/a%20b?x=1', headers: { 'X-Of': 'me' }, body: '[1]' },
    });
    expect(result).toEqual({
      method: 'POST',
      path: '/api/webhooks/tried/a%20b',
      params: { what: 'a b' },
      query: { x: '1' },
      headers: { 'x-of': 'me' },
      body: [1],
    });
    const byKey = await tested({ config, request: { query: { x: ['1', '2'] }, params: { what: 'c' } } });
    expect(byKey.result).toMatchObject({ params: { what: 'c' }, query: { x: ['1', '2'] }, body: null });
  });

  it('may be that of an execution, of any configuration or of its own', async () => {
    const config = await signalbox.createConfig('recorded', {
      executionCode: 'return ["saved", context.body];',
    });
    const response = await signalbox.call('recorded', { n: 9 });
    const executionId = response.headers.get('x-execution-id');
    expect((await tested({ executionId })).result).toEqual(['saved', { n: 9 }]);
    const draft = {
      id: config['id'],
      ...scriptFields('recorded'),
      executionCode: 'return ["draft", context.body];',
    };
    await signalbox.command('SaveWebHookConfigDraftCommand', draft);
    expect((await tested({ executionId, against: 'draft' })).result).toEqual(['draft', { n: 9 }]);
    expect((await tested({ executionId, key: 'recorded' })).result).toEqual(['saved', { n: 9 }]);
    const other = {
      key: 'other',
      ...scriptFields('other'),
      executionCode: 'return ["other", context.body];',
    };
    expect((await tested({ executionId, config: other })).result).toEqual(['other', { n: 9 }]);
    expect(await executionsOf('recorded')).toBe(1);
  });

  it('is judged by the verification, which is told and stops nothing', async () => {
    const secret = randomBytes(12).toString('hex');
    const verification = { scheme: 'token', in: 'header', name: 'X-Key', secrets: [secret] };
    const config = {
      key: 'verified',
      ...scriptFields('verified'),
      verification,
      executionCode: 'return context.headers;',
    };
    const unsigned = await tested({ config, request: {} });
    expect(unsigned).toMatchObject({
      status: 'succeeded',
      verification: { isVerified: false, reason: 'There is no header X-Key' },
    });
    const signed = await tested({ config, request: { headers: { 'X-Key': secret } } });
    expect(signed.verification).toEqual({ isVerified: true, reason: null });
    expect(JSON.stringify(signed)).not.toContain(secret);
  });
});

describe('the secrets of a test', () => {
  const executionCode = `
    const value = secrets.get('TRIED');
    console.log(value);
    doCmd('PublishEventCommand', { type: 'tried.secret', payload: { value } });
    return respond({ headers: { 'X-Value': String(value) }, body: { value, known: value !== undefined && value !== null } });`;
  const value = randomBytes(12).toString('hex');

  it('are those of a key that there is, masked in all that is told', async () => {
    await signalbox.createConfig('secretive');
    await signalbox.command('SetSecretCommand', { name: 'TRIED', value, configKeys: ['secretive'] });
    const config = { key: 'secretive', ...scriptFields('secretive'), executionCode };
    const report = await tested({ config, request: {} });
    expect(JSON.parse(report.answer.body)).toEqual({ value: '[masked]', known: true });
    expect(report).toMatchObject({
      answer: { headers: { 'x-value': '[masked]' } },
      logs: [{ text: '[masked]' }],
      steps: [{ input: { payload: { value: '[masked]' } } }],
    });
    expect(JSON.stringify(report)).not.toContain(value);
  });

  it('are none where no configuration of the key was saved', async () => {
    await signalbox.command('SetSecretCommand', {
      name: 'TRIED',
      value,
      configKeys: ['secretive', 'unborn'],
    });
    const config = { key: 'unborn', ...scriptFields('unborn'), executionCode };
    const report = await tested({ config, request: {} });
    expect(report.answer.body).not.toContain('"known":true');
  });
});
