import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Signalbox } from '../support/signalbox.ts';

interface Execution {
  status: string;
  steps: { name: string; commandName: string; input?: unknown; output: Record<string, unknown> }[];
}

interface Result {
  steps: {
    name: string;
    commandName: string;
    success: boolean;
    skipped?: true;
    data: unknown;
    message: string;
  }[];
  data: unknown;
}

let signalbox: Signalbox;

beforeAll(async () => {
  signalbox = await Signalbox.start();
});
afterAll(() => signalbox.stop());

const chain = (key: string, commandChain: object[], fields: object = {}) =>
  signalbox.createConfig(key, { executionType: 1, commandChain, ...fields });

const publish = (type: string, payload: unknown = {}) => ({
  commandName: 'PublishEventCommand',
  input: { type, payload },
});

const answerOf = async (response: Response) =>
  (await response.json()) as { data: Result; errors: string[]; code: string };
const executionOf = (response: Response) =>
  signalbox.execution<Execution>(response.headers.get('x-execution-id'));

describe('a command chain', () => {
  it('runs its commands in order and answers what each gave, and what the last gave', async () => {
    await chain('in-order', [
      { name: 'first', ...publish('order.paid', { n: 1 }) },
      { commandName: 'GetWebHookConfigListQuery', input: {} },
    ]);
    const response = await signalbox.call('in-order', {});
    expect(response.status).toBe(200);
    const { data } = await answerOf(response);
    expect(data.steps).toEqual([
      {
        name: 'first',
        commandName: 'PublishEventCommand',
        success: true,
        data: expect.objectContaining({ type: 'order.paid' }) as unknown,
        message: 'Event published successfully',
        durationMs: expect.any(Number) as unknown,
      },
      expect.objectContaining({ name: 'step2', success: true }),
    ]);
    expect(data.data).toEqual(data.steps[1]!.data);
    const execution = await executionOf(response);
    expect(execution.status).toBe('succeeded');
    expect(execution.steps.map(({ name, commandName }) => [name, commandName])).toEqual([
      ['first', 'PublishEventCommand'],
      ['step2', 'GetWebHookConfigListQuery'],
    ]);
  });

  it('maps the call and what earlier steps gave to the fields of a command', async () => {
    await chain('mapped', [
      {
        name: 'paid',
        commandName: 'PublishEventCommand',
        input: '={type: request.body.type, payload: request.body.order}',
      },
      {
        commandName: 'PublishEventCommand',
        input:
          '={type: "sum.up", payload: {of: steps.paid.data.id, ok: steps.paid.success, said: steps.paid.message}}',
      },
    ]);
    const response = await signalbox.call('mapped', { type: 'order.mapped', order: { total: 42 } });
    const { steps } = (await answerOf(response)).data;
    const first = steps[0]!.data as { id: string };
    expect(first).toMatchObject({ type: 'order.mapped' });
    expect((await executionOf(response)).steps.map(({ input }) => input)).toEqual([
      { type: 'order.mapped', payload: { total: 42 } },
      { type: 'sum.up', payload: { of: first.id, ok: true, said: 'Event published successfully' } },
    ]);
  });

  it('gives a step without input those fields of the JSON body that its command knows', async () => {
    await chain('default-input', [{ commandName: 'PublishEventCommand' }]);
    const body = { $type: 'DeleteWebHookConfigCommand', type: 'order.plain', payload: { a: 1 }, foreign: 1 };
    const response = await signalbox.call('default-input', body);
    expect((await answerOf(response)).data.data).toMatchObject({ type: 'order.plain' });
  });

  it.each([
    ['=request.body.go', true, 'runs'],
    ['=request.body.go', false, 'skips'],
    ['=request.body.go', null, 'skips'],
  ])('with the condition %s and %j %3$s the step', async (condition, go, verdict) => {
    const key = `condition-${String(go)}`;
    await chain(key, [
      { name: 'always', ...publish(`always.${key}`) },
      { name: 'maybe', condition, ...publish(`maybe.${key}`) },
      { name: 'after', condition: `=steps.maybe.data = null`, ...publish(`skipped.${key}`) },
    ]);
    const response = await signalbox.call(key, { go });
    expect(response.status).toBe(200);
    const { data } = await answerOf(response);
    const runs = verdict === 'runs';
    expect(data.steps.map(({ skipped }) => skipped === true)).toEqual([false, !runs, runs]);
    expect(data.steps[runs ? 2 : 1]).toMatchObject({ success: true, data: null, message: 'Skipped' });
    expect(data.data).toMatchObject({ type: runs ? `maybe.${key}` : `skipped.${key}` });
    const { steps } = await executionOf(response);
    expect(steps[runs ? 2 : 1]!.output).toMatchObject({ skipped: true });
  });

  it.each([
    [
      'condition',
      { condition: '="yes"' },
      'expression.wrong-value',
      'The condition of step2 gave a text: it must give true, false or null',
    ],
    [
      'input',
      { input: '=5' },
      'expression.wrong-value',
      'The input of step2 gave a number: it must give a context',
    ],
  ])(
    'fails where a %s gives what it has no use for, also where errors are passed over',
    async (name, wrong, code, sentence) => {
      await chain(`wrong-${name}`, [
        publish('wrong.before'),
        { ...publish('wrong.after'), ...wrong, onError: 'continue' },
      ]);
      const response = await signalbox.call(`wrong-${name}`, {});
      expect(response.status).toBe(500);
      expect(await answerOf(response)).toMatchObject({ code, errors: [sentence] });
      expect(await executionOf(response)).toMatchObject({
        status: 'failed',
        steps: [{ name: 'step1' }, { name: 'step2', output: { success: false, code } }],
      });
    },
  );

  it('goes on after a failed step where it is told to, with null as its data', async () => {
    await chain('goes-on', [
      {
        name: 'missing',
        commandName: 'ActivateWebHookConfigCommand',
        input: { id: 999_999 },
        onError: 'continue',
      },
      {
        commandName: 'PublishEventCommand',
        input: '={type: "went.on", payload: {before: steps.missing.data, ok: steps.missing.success}}',
      },
    ]);
    const response = await signalbox.call('goes-on', {});
    expect(response.status).toBe(200);
    expect((await answerOf(response)).data).toMatchObject({
      steps: [
        { name: 'missing', success: false, data: null, message: 'Activation failed' },
        { success: true },
      ],
      data: { type: 'went.on' },
    });
  });

  it('fails with the status and the reason of the command that failed, and runs nothing after it', async () => {
    await chain('fails', [{ commandName: 'ActivateWebHookConfigCommand' }, publish('never.published')]);
    const missing = await signalbox.call('fails', { id: 999_999 });
    expect(missing.status).toBe(404);
    expect(await answerOf(missing)).toMatchObject({
      code: 'webhook-config.not-found',
      errors: ['Configuration not found'],
    });
    expect((await executionOf(missing)).steps).toHaveLength(1);
    const invalid = await signalbox.call('fails', {});
    expect(invalid.status).toBe(400);
    expect(await answerOf(invalid)).toMatchObject({ errors: ['Id is required'] });
  });

  it('refuses a body that cannot be read', async () => {
    await chain('unreadable', [{ commandName: 'PublishEventCommand' }]);
    const response = await signalbox.call('unreadable', null, { body: '{"a":' });
    expect(response.status).toBe(400);
    expect(await answerOf(response)).toMatchObject({ code: 'webhook.malformed-body' });
    expect((await executionOf(response)).status).toBe('rejected');
  });

  it('may be answered by an expression over its result', async () => {
    await chain('answered', [{ name: 'only', ...publish('order.answered') }], {
      responseExpression: '={status: 201, body: {type: result.data.type, steps: count(result.steps)}}',
    });
    const response = await signalbox.call('answered', {});
    expect(response.status).toBe(201);
    expect(await response.json()).toEqual({ type: 'order.answered', steps: 1 });
  });
});
