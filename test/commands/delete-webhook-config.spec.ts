import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Cast, startWithRoles } from '../support/roles.ts';
import { auditRowOf } from './support/audit-log.ts';
import {
  type Attempt,
  badConfigIds,
  isoTime,
  refusesInput,
  refusesRoles,
  refusesStrangers,
} from './support/refusals.ts';

const type = 'DeleteWebHookConfigCommand';
let cast: Cast;
let made = 0;
/** The configuration of the test at hand. */
let known: Record<string, unknown>;

const attempt: Attempt = { cast: () => cast, type, fields: () => ({ id: known['id'] }) };

beforeAll(async () => {
  cast = await startWithRoles();
});
beforeEach(async () => {
  made++;
  known = await cast.signalbox.createConfig(`fresh-${made}`);
});
afterAll(() => cast.stop());

describe('DeleteWebHookConfigCommand', () => {
  it('answers the id, the key and the time', async () => {
    const answer = await cast.signalbox.command(type, { id: known['id'] });
    expect(answer.status).toBe(200);
    expect(answer.body).toStrictEqual({
      success: true,
      data: { id: known['id'], key: known['key'], deletedAt: isoTime },
      message: 'Webhook configuration deleted successfully',
    });
  });

  it('makes its key and its path the one 404 from the next call on', async () => {
    await cast.signalbox.command(type, { id: known['id'] });
    const key = String(known['key']);
    expect((await cast.signalbox.call(key, {})).status).toBe(404);
    const byPath = await fetch(`${cast.signalbox.url}/api/webhooks/${key}`, { method: 'POST' });
    expect(byPath.status).toBe(404);
  });

  it('frees the key and the address for a new configuration with an id of its own', async () => {
    await cast.signalbox.command(type, { id: known['id'] });
    const heir = await cast.signalbox.createConfig(String(known['key']));
    expect(heir['id']).not.toBe(known['id']);
    expect(heir['version']).toBe(1);
  });

  it('leaves its executions readable', async () => {
    const call = await cast.signalbox.call(String(known['key']), { n: 1 });
    await cast.signalbox.command(type, { id: known['id'] });
    const execution = await cast.signalbox.execution(call.headers.get('x-execution-id'));
    expect(execution).toMatchObject({ configId: known['id'], key: known['key'], status: 'succeeded' });
    const list = await cast.signalbox.command('GetWebHookExecutionListQuery', { configId: known['id'] });
    expect(list.body.data['items']).toHaveLength(1);
  });

  it('takes a configuration that is inactive too', async () => {
    await cast.signalbox.command('DeactivateWebHookConfigCommand', { id: known['id'] });
    expect((await cast.signalbox.command(type, { id: known['id'] })).status).toBe(200);
  });

  it('answers 404 the second time, also to all but one of ten at once', async () => {
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => cast.signalbox.command(type, { id: known['id'] })),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    const last = await cast.signalbox.command(type, { id: known['id'] });
    expect(last.status).toBe(404);
    expect(last.body).toStrictEqual({
      success: false,
      data: null,
      message: 'Deletion failed',
      errors: ['Configuration not found'],
      code: 'webhook-config.not-found',
    });
  });

  it('answers the same 404 for a configuration of another account, which stays', async () => {
    const answer = await cast.signalbox.command(type, { id: known['id'] }, cast.as.stranger);
    expect(answer.status).toBe(404);
    expect(answer.body.errors).toStrictEqual(['Configuration not found']);
    expect((await cast.signalbox.call(String(known['key']), {})).status).toBe(200);
  });

  it('audits the configuration as it was', async () => {
    const answer = await cast.signalbox.command(type, { id: known['id'] }, cast.as.designer);
    expect(await auditRowOf(cast.signalbox, answer)).toMatchObject({
      caller_id: cast.idOf.designer,
      caller_name: 'designer',
      command: type,
      outcome: 'succeeded',
      input: { id: known['id'] },
      before: known,
      after: null,
    });
  });

  refusesStrangers(attempt);
  refusesRoles(['viewer', 'operator'], 'webhooks:write', attempt);
  refusesInput(attempt, badConfigIds);
});
