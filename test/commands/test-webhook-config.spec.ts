import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Cast, startWithRoles } from '../support/roles.ts';
import { auditRowOf } from './support/audit-log.ts';
import { scriptFields } from './support/config-shape.ts';
import { type Attempt, refusesInput, refusesRoles, refusesStrangers } from './support/refusals.ts';

const type = 'TestWebHookConfigCommand';
let cast: Cast;
const config = { key: 'tried', ...scriptFields('tried') };
const attempt: Attempt = {
  cast: () => cast,
  type,
  fields: () => ({ config, request: { body: { n: 1 } } }),
};

beforeAll(async () => {
  cast = await startWithRoles();
  await cast.signalbox.createConfig('saved');
});
afterAll(() => cast.stop());

describe('TestWebHookConfigCommand', () => {
  it('answers what would happen', async () => {
    const answer = await cast.signalbox.command(type, attempt.fields(), cast.as.designer);
    expect(answer.body).toStrictEqual({
      success: true,
      data: {
        status: 'succeeded',
        code: null,
        errors: [],
        answer: {
          status: 200,
          headers: { 'content-type': 'application/json; charset=utf-8' },
          body: '{"success":true,"data":{"n":1},"message":"Webhook processed successfully"}',
        },
        steps: [],
        logs: [],
        result: { n: 1 },
        verification: null,
        input: null,
        idempotencyKey: null,
        orderingKey: null,
        durationMs: expect.any(Number),
      },
      message: 'Webhook configuration tested successfully',
    });
    expect(await auditRowOf(cast.signalbox, answer)).toMatchObject({
      command: type,
      caller_id: cast.idOf.designer,
      outcome: 'succeeded',
      input: { config, request: '[not kept in the audit log]' },
      execution_id: null,
    });
  });

  it('names a saved configuration by its key or its id', async () => {
    const { body } = await cast.signalbox.command('LookupWebHookByKeyCommand', { key: 'saved' });
    for (const fields of [{ key: 'saved' }, { configId: body.data['id'] }]) {
      const answer = await cast.signalbox.command(type, { ...fields, request: { body: 5 } });
      expect(answer.body.data).toMatchObject({ status: 'succeeded', result: 5 });
    }
  });

  it('answers 404 for what there is not, and for what is another account’s', async () => {
    const response = await cast.signalbox.call('saved', {});
    const executionId = response.headers.get('x-execution-id');
    for (const [fields, who] of [
      [{ key: 'unknown' }, cast.as.designer],
      [{ configId: 999_999 }, cast.as.designer],
      [{ key: 'saved', against: 'draft' }, cast.as.designer],
      [{ executionId: 'exe_unknown' }, cast.as.designer],
      [{ key: 'saved' }, cast.as.stranger],
      [{ executionId, config }, cast.as.stranger],
    ] as const) {
      const answer = await cast.signalbox.command(type, fields, who);
      expect([answer.status, answer.body.message]).toEqual([404, 'Test failed']);
    }
  });

  it('answers 409 where a webhook would test: each test would hold a worker and wait for the next', async () => {
    await cast.signalbox.createConfig('testing', {
      executionCode: `return doCmd('TestWebHookConfigCommand', { key: 'saved' });`,
    });
    const answer = (await (await cast.signalbox.call('testing', {})).json()) as { data: object };
    expect(answer.data).toMatchObject({ success: false, code: 'webhook.test-in-run' });
    const effects = { key: 'testing', allowEffects: true };
    const { data } = (await cast.signalbox.command(type, effects)).body;
    expect(data['result']).toMatchObject({ success: false, code: 'webhook.test-in-run' });
  });

  refusesStrangers(attempt);
  refusesRoles(['viewer', 'operator'], 'webhooks:write', attempt);
  refusesInput(attempt, [
    [{ config: undefined }, ['One of config, key, configId and executionId is required']],
    [{ key: 'saved' }, ['Only one of config, key and configId can be given']],
    [{ against: 'draft' }, ['Config and Against cannot both be given']],
    [{ executionId: 'exe_1' }, ['Request and ExecutionId cannot both be given']],
    [{ request: { body: 1, bodyBase64: '' } }, ['Request.body and Request.bodyBase64 cannot both be given']],
    [{ request: { method: 'GET' } }, ['Request.method must be POST: the configuration answers no other']],
    [{ request: { url: 'x' } }, ['Request.url must begin with /']],
    [
      { request: { url: '/api/webhooks/other' } },
      [
        'Request.url must be an address of the configuration: /api/webhooks/dynamic/tried or /api/webhooks/tried',
      ],
    ],
    [{ allowEffects: 'yes' }, ['AllowEffects must be true or false']],
    [
      { config: { ...config, executionCode: 'return (' } },
      [expect.stringMatching(/^ExecutionCode does not compile: /)],
    ],
    [{ surprise: 1 }, ['Unknown field "surprise"']],
  ]);
});
