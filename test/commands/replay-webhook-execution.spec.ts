import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Cast, startWithRoles } from '../support/roles.ts';
import { auditRowOf } from './support/audit-log.ts';
import { scriptFields } from './support/config-shape.ts';
import { type Attempt, refusesInput, refusesRoles, refusesStrangers } from './support/refusals.ts';

const type = 'ReplayWebHookExecutionCommand';
let cast: Cast;
/** An execution that can be repeated. */
let id: string;
const attempt: Attempt = { cast: () => cast, type, fields: () => ({ id }) };

beforeAll(async () => {
  cast = await startWithRoles();
  await cast.signalbox.createConfig('known');
  id = String((await cast.signalbox.call('known', { n: 1 })).headers.get('x-execution-id'));
});
afterAll(() => cast.stop());

describe('ReplayWebHookExecutionCommand', () => {
  it('answers the new execution, which is on record', async () => {
    const answer = await cast.signalbox.command(type, { id }, cast.as.operator);
    const { executionId } = answer.body.data;
    expect(answer.body).toStrictEqual({
      success: true,
      data: { executionId: expect.stringMatching(/^exe_/), status: 'accepted', replayOf: id },
      message: 'Webhook execution replay accepted',
    });
    expect(executionId).not.toBe(id);
    expect(await cast.signalbox.execution(String(executionId))).toMatchObject({
      replayOf: id,
      replay: { startedBy: cast.idOf.operator, runs: 'saved', isBodyEdited: false },
    });
  });

  it('keeps who asked for what in the audit log, but no body', async () => {
    const config = scriptFields('known');
    const answer = await cast.signalbox.command(type, { id, body: 'private', config }, cast.as.designer);
    expect(await auditRowOf(cast.signalbox, answer)).toMatchObject({
      command: type,
      caller_id: cast.idOf.designer,
      outcome: 'succeeded',
      input: { id, body: '[not kept in the audit log]', config },
      after: answer.body.data,
    });
  });

  it.each([{ config: scriptFields('known') }, { against: 'draft' }])(
    'refuses %j to who may not write configurations',
    async (fields) => {
      const answer = await cast.signalbox.command(type, { id, ...fields }, cast.as.operator);
      expect(answer.status).toBe(403);
      expect(answer.body).toMatchObject({
        errors: [`The permission webhooks:write is missing: ${Object.keys(fields)[0]} needs it`],
        code: 'access.permission-missing',
      });
    },
  );

  it('answers 404 for an execution that there is not, and for one of another account', async () => {
    for (const [execution, who] of [
      ['exe_unknown', { 'X-API-Key': cast.signalbox.apiKey }],
      [id, cast.as.stranger],
    ] as const) {
      const answer = await cast.signalbox.command(type, { id: execution }, who);
      expect(answer.status).toBe(404);
      expect(answer.body).toMatchObject({ code: 'execution.not-found' });
    }
  });

  it('answers 409 with a sentence where there is nothing to run any more', async () => {
    const config = await cast.signalbox.createConfig('gone');
    const response = await cast.signalbox.call('gone', {});
    await cast.signalbox.command('DeleteWebHookConfigCommand', { id: config['id'] });
    const answer = await cast.signalbox.command(type, { id: response.headers.get('x-execution-id') });
    expect(answer.status).toBe(409);
    expect(answer.body).toMatchObject({ message: 'Replay failed', code: 'execution.config-gone' });
  });

  refusesStrangers(attempt);
  refusesRoles(['viewer'], 'executions:replay', attempt);
  refusesInput(attempt, [
    [{ id: undefined }, ['Id is required']],
    [{ surprise: 1 }, ['Unknown field "surprise"']],
    [{ body: {}, bodyBase64: '' }, ['Body and BodyBase64 cannot both be given']],
    [{ bodyBase64: '*' }, ['BodyBase64 Invalid base64-encoded string']],
    [{ against: 'version' }, ['Against must be one of draft']],
    [{ config: scriptFields('known'), against: 'draft' }, ['Config and Against cannot both be given']],
    [{ config: {} }, expect.arrayContaining(['Config.path is required']) as unknown as string[]],
    [
      { config: { ...scriptFields('known'), key: 'other' } },
      ['Config.key cannot be changed: a replay has the key of its execution'],
    ],
    [
      { config: { ...scriptFields('known'), executionCode: 'return (' } },
      [expect.stringMatching(/^ExecutionCode does not compile: /)],
    ],
  ]);
});
