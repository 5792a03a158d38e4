import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ExpressionPool } from '../../engines/expression/index.ts';
import type { AppError } from '../../platform/errors.ts';
import type { WebHookConfigEntity } from '../webhook-configs/index.ts';
import { CallExpressions, type Decision } from './call-expressions.ts';
import { EvaluateCall } from './evaluate-call.ts';
import type { WebHookRun } from './webhook-run.ts';

const pool = new ExpressionPool({ workers: 2, runningMs: 250, heapMb: 80 });
const evaluation = new EvaluateCall(pool);
const run = { metaJson: '{"method":"POST","headers":{"x-id":"7"}}' } as WebHookRun;

beforeAll(() => pool.start());
afterAll(() => pool.stop(0));

function expressionsOf(settings: object): CallExpressions | null {
  return CallExpressions.of({ id: 1, settings } as WebHookConfigEntity);
}

function decisionOn(settings: object, body: unknown): Promise<Decision> {
  const bytes = Buffer.from(JSON.stringify(body));
  return evaluation.decide(run, { kind: 'json', bytes, received: null }, expressionsOf(settings)!);
}

describe('a configuration', () => {
  it.each([
    {},
    { activationCondition: '', inputMapping: '', responseExpression: '' },
    { allowableIPs: '10.0.0.1' },
  ])('without expressions has nothing to ask: %j', (settings) => {
    expect(expressionsOf(settings)).toBeNull();
  });

  it('with an answer alone decides everything without asking anybody', async () => {
    const gone = new ExpressionPool({ workers: 2, runningMs: 250, heapMb: 80 });
    await gone.stop(0);
    const stopped = new EvaluateCall(gone);
    const expressions = expressionsOf({ responseExpression: '={}' })!;
    const body = { kind: 'none', bytes: Buffer.alloc(0), received: null } as const;
    expect(await stopped.decide(run, body, expressions)).toEqual({
      isActive: true,
      idempotencyKey: null,
      orderingKey: null,
    });
  });

  it('with all of them gets all answers at once', async () => {
    const settings = {
      bodySchema: { type: 'object' },
      activationCondition: '=true',
      idempotency: { key: '=request.body.eventId' },
      orderingKey: '=request.body.customer',
      inputMapping: '={id: request.body.eventId, $type: "Other"}'.replace('$type', '"$type"'),
    };
    expect(await decisionOn(settings, { eventId: 'evt_1', customer: 12 })).toEqual({
      isActive: true,
      idempotencyKey: 'evt_1',
      orderingKey: '12',
      input: { id: 'evt_1' },
    });
  });
});

describe.each([
  ['idempotency.key', 'idempotencyKey', 'Idempotency.key'],
  ['orderingKey', 'orderingKey', 'OrderingKey'],
] as const)('%s', (field, decided, name) => {
  const settingsOf = (text: string) =>
    field === 'orderingKey' ? { orderingKey: text } : { idempotency: { key: text } };

  it.each([
    ['=request.body.id', 'evt_1', 'evt_1'],
    ['=request.body.id', 7, '7'],
    ['=request.body.id', 1.5, '1.5'],
    ['=request.body.id', '0', '0'],
    ['=request.body.id', 0, '0'],
    ['=get value(request.headers, "x-id")', null, '7'],
    ['=request.body.id', '', null],
    ['=request.body.id', null, null],
    ['=request.body.other', 'x', null],
  ])('%s of %j is %j', async (text, id, key) => {
    expect(await decisionOn(settingsOf(text), { id })).toMatchObject({ isActive: true, [decided]: key });
  });

  it.each([
    [true, 'true'],
    [['a'], 'a list'],
    [{ a: 1 }, 'a context'],
  ])('of %j is a failure', async (id, what) => {
    const failure = await decisionOn(settingsOf('=request.body.id'), { id }).catch(
      (error: AppError) => error,
    );
    expect(failure).toMatchObject({
      code: 'expression.wrong-value',
      kind: 'surprise',
      details: [`${name} gave ${what}: it must give a text, a number or null`],
    });
  });

  it('is not asked of a call that is ignored', async () => {
    const settings = { activationCondition: '=false', ...settingsOf('=[1..2]') };
    expect(await decisionOn(settings, {})).toMatchObject({ isActive: false, [decided]: null });
  });
});
