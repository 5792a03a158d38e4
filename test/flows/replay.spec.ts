import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Signalbox } from '../support/signalbox.ts';
import { scriptFields } from '../commands/support/config-shape.ts';

interface Execution {
  id: string;
  configVersion: number;
  status: string;
  code: string | null;
  attempt: number;
  idempotencyKey: string | null;
  replayOf: string | null;
  replay: { startedBy: string; runs: string; isBodyEdited: boolean } | null;
  request: { headers: Record<string, string>; query: object; params: object; body: string | null };
  answer: { status: number; body: string } | null;
  steps: { name: string; output: object }[];
  errors: string[];
}

const WAIT_MS_MAX = 20_000;
const type = 'ReplayWebHookExecutionCommand';
let signalbox: Signalbox;
let made = 0;

beforeAll(async () => {
  signalbox = await Signalbox.start();
});
afterAll(() => signalbox.stop());

async function ended(id: unknown): Promise<Execution> {
  const end = Date.now() + WAIT_MS_MAX;
  for (;;) {
    const execution = await signalbox.execution<Execution>(String(id));
    if (!['received', 'running'].includes(execution.status)) return execution;
    if (Date.now() > end) throw new Error(`${execution.id} is still ${execution.status}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** A configuration of its own, with the execution of one call. */
async function called(fields: object, body: unknown = { n: 1 }, init: RequestInit = {}) {
  const key = `replayed-${++made}`;
  const config = (await signalbox.createConfig(key, { ...fields })) as { id: number; key: string };
  const response = await signalbox.call(key, body, init);
  const id = String(response.headers.get('x-execution-id'));
  await ended(id);
  return { ...config, executionId: id };
}

async function replayed(id: string, fields: object = {}): Promise<Execution> {
  const { body } = await signalbox.command(type, { id, ...fields });
  expect(body).toMatchObject({ success: true, data: { status: 'accepted', replayOf: id } });
  return await ended(body.data['executionId']);
}

const unsaved = (key: string, executionCode: string) => ({ ...scriptFields(key), executionCode });
const resultOf = ({ answer }: Execution) => (JSON.parse(answer!.body) as { data: unknown }).data;
const refusal = async (fields: object) => {
  const { status, body } = await signalbox.command(type, { ...fields });
  return [status, body.code, body.errors];
};

describe('a replay', () => {
  it('is a new execution of the same request, which the old one does not notice', async () => {
    const { executionId, key } = await called({
      executionCode: 'return [context.body, context.query, context.params, context.headers["x-of"]];',
      path: '/webhooks/replays/:what',
    });
    const response = await fetch(`${signalbox.url}/api/webhooks/replays/orders?a=1&a=2`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', 'X-Of': 'sender' },
      body: '{"n":7}',
    });
    const id = String(response.headers.get('x-execution-id'));
    const before = await ended(id);
    const replay = await replayed(id);
    expect(replay).toMatchObject({
      key,
      status: 'succeeded',
      attempt: 1,
      replayOf: id,
      replay: { runs: 'saved', isBodyEdited: false, startedBy: expect.stringMatching(/^cli_/) },
    });
    expect(resultOf(replay)).toEqual([{ n: 7 }, { a: ['1', '2'] }, { what: 'orders' }, 'sender']);
    expect(replay.request).toEqual(before.request);
    expect(await ended(id)).toEqual(before);
    expect(before.replay).toBeNull();
    expect(executionId).not.toBe(id);
  });

  it('runs the configuration as it is now, disabled or not', async () => {
    const { id, key, executionId } = await called({ executionCode: 'throw new Error("Not yet");' });
    await signalbox.command('UpdateWebHookConfigCommand', {
      id,
      ...scriptFields(key),
      executionCode: 'return "mended";',
    });
    await signalbox.command('DeactivateWebHookConfigCommand', { id });
    const replay = await replayed(executionId);
    expect([replay.configVersion, resultOf(replay)]).toEqual([2, 'mended']);
  });

  it('runs once as a call of its own although the original counted once for its key', async () => {
    const { executionId, key } = await called({
      idempotency: { key: '=string(request.body.n)' },
      executionCode: `return doCmd('PublishEventCommand', { type: 'replay.counted', payload: {} }).success;`,
    });
    const replay = await replayed(executionId);
    expect(replay).toMatchObject({
      status: 'succeeded',
      idempotencyKey: null,
      steps: [{ output: { success: true } }],
    });
    const repeat = await signalbox.call(key, { n: 1 });
    expect(repeat.headers.get('x-execution-id')).toBe(executionId);
  });

  it('asks the condition and the schema again', async () => {
    const { id, key, executionId } = await called({});
    const update = (fields: object) =>
      signalbox.command('UpdateWebHookConfigCommand', { id, ...scriptFields(key), ...fields });
    await update({ activationCondition: '=request.body.n > 1' });
    expect(await replayed(executionId)).toMatchObject({ status: 'ignored', answer: { status: 200 } });
    expect(await replayed(executionId, { body: { n: 2 } })).toMatchObject({ status: 'succeeded' });
    await update({ bodySchema: { type: 'object', required: ['m'] } });
    expect(await replayed(executionId)).toMatchObject({ status: 'failed', code: 'webhook.body-schema' });
  });

  it('of an asynchronous configuration is tried again as its policy says', async () => {
    const retry = { maxAttempts: 2, initialSeconds: 0.01, factor: 1, maxSeconds: 1 };
    const { executionId } = await called({
      responseMode: 'async',
      retry,
      executionCode: 'throw new Error("Always");',
    });
    expect(await replayed(executionId)).toMatchObject({ status: 'dead', attempt: 2, replayOf: executionId });
  });

  it('of a native command is stored with its command', async () => {
    const { executionId } = await called(
      { executionType: 0, commandName: 'PublishEventCommand' },
      { type: 'replay.native', payload: { n: 1 } },
    );
    expect(await replayed(executionId)).toMatchObject({
      status: 'succeeded',
      steps: [{ name: 'PublishEventCommand', input: { type: 'replay.native' } }],
    });
  });

  it('can itself be repeated', async () => {
    const { executionId } = await called({});
    const first = await replayed(executionId, { body: { n: 2 } });
    const second = await replayed(first.id);
    expect(second).toMatchObject({ replayOf: first.id, replay: { isBodyEdited: true } });
    expect(resultOf(second)).toEqual({ n: 2 });
  });
});

describe('an edited body', () => {
  it('takes the place of the bytes, and the headers say what it is', async () => {
    const key = `replayed-${++made}`;
    await signalbox.createConfig(key);
    const response = await fetch(`${signalbox.url}/api/webhooks/dynamic/${key}`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', 'Content-Encoding': 'gzip' },
      body: gzipSync('{"n":1}'),
    });
    const id = String(response.headers.get('x-execution-id'));
    const replay = await replayed(id, { body: { n: 'ü' } });
    expect(resultOf(replay)).toEqual({ n: 'ü' });
    expect(replay.request.headers).toMatchObject({
      'content-type': 'application/json',
      'content-length': '10',
    });
    expect(replay.request.headers).not.toHaveProperty('content-encoding');
    expect(replay.replay).toMatchObject({ runs: 'saved', isBodyEdited: true });
  });

  it('is a text as it stands, or bytes', async () => {
    const { executionId } = await called({}, undefined, {
      headers: { 'Content-Type': 'text/plain' },
      body: 'old',
    });
    expect(resultOf(await replayed(executionId, { body: 'new' }))).toBe('new');
    expect(resultOf(await replayed(executionId, { bodyBase64: 'bmV3ZXI=' }))).toBe('newer');
    const json = await replayed(executionId, { body: [1, 2] });
    expect([resultOf(json), json.request.headers['content-type']]).toEqual([[1, 2], 'application/json']);
    expect(resultOf(await replayed(executionId, { body: '' }))).toBeNull();
  });

  it('is refused where nobody could read it', async () => {
    const { executionId: id } = await called({});
    expect(await refusal({ id, bodyBase64: '/w==' })).toEqual([
      400,
      'webhook.malformed-body',
      ['The body is not valid UTF-8'],
    ]);
  });
});

describe('another configuration', () => {
  it('that is not saved is run, checked as a save is, and not saved', async () => {
    const { executionId, key } = await called({});
    const config = unsaved(key, 'return "tentative " + context.body.n;');
    const replay = await replayed(executionId, { config });
    expect(resultOf(replay)).toBe('tentative 1');
    expect(replay).toMatchObject({ configVersion: 1, replay: { runs: 'unsaved' } });
    const { body } = await signalbox.command('LookupWebHookByKeyCommand', { key });
    expect(body.data).toMatchObject({ version: 1, executionCode: 'return context.body;' });
    expect(await refusal({ id: executionId, config: unsaved(key, 'return (') })).toEqual([
      400,
      'bus.validation-failed',
      [expect.stringMatching(/^ExecutionCode does not compile/)],
    ]);
  });

  it('that is not saved takes the place of one that is gone', async () => {
    const { executionId, key, id } = await called({});
    await signalbox.command('DeleteWebHookConfigCommand', { id });
    expect(await refusal({ id: executionId })).toEqual([
      409,
      'execution.config-gone',
      ['The configuration of this execution has been deleted: send a config to run it with'],
    ]);
    const replay = await replayed(executionId, { config: unsaved(key, 'return 3;') });
    expect(resultOf(replay)).toBe(3);
  });

  it('may be the draft, as it is when the replay is asked for', async () => {
    const { executionId, key, id } = await called({});
    expect(await refusal({ id: executionId, against: 'draft' })).toEqual([
      404,
      'webhook-config.draft-not-found',
      ['The configuration has no draft'],
    ]);
    await signalbox.command('SaveWebHookConfigDraftCommand', { id, ...unsaved(key, 'return "draft";') });
    const replay = await replayed(executionId, { against: 'draft' });
    expect([resultOf(replay), replay.replay?.runs]).toEqual(['draft', 'draft']);
  });
});

describe('what cannot be repeated', () => {
  it('includes a call that was refused: a replay is no way around its checks', async () => {
    const { executionId } = await called({
      verification: { scheme: 'token', in: 'header', name: 'X-Key', secrets: ['not sent by anybody'] },
    });
    for (const fields of [{}, { body: {} }, { config: scriptFields('anything') }])
      expect(await refusal({ id: executionId, ...fields })).toEqual([
        409,
        'execution.not-replayable',
        ['The call was refused and never accepted: only its sender can repeat it'],
      ]);
    const elsewhere = await called({ allowableIPs: '10.0.0.0/8' });
    expect((await refusal({ id: elsewhere.executionId }))[0]).toBe(409);
  });

  it('does not include a verified call that did not fit the schema', async () => {
    const { executionId } = await called({ bodySchema: { type: 'object', required: ['m'] } });
    const replay = await replayed(executionId, { body: { m: 1 } });
    expect(resultOf(replay)).toEqual({ m: 1 });
  });

  it('includes one that goes on by itself', async () => {
    const key = `replayed-${++made}`;
    const retry = { maxAttempts: 2, initialSeconds: 3600, factor: 1, maxSeconds: 3600 };
    await signalbox.createConfig(key, {
      responseMode: 'async',
      retry,
      executionCode: 'throw new Error("x");',
    });
    const response = await signalbox.call(key, {});
    expect(await refusal({ id: response.headers.get('x-execution-id') })).toEqual([
      409,
      'execution.not-replayable',
      ['The execution has not ended yet: it goes on by itself'],
    ]);
  });
});
