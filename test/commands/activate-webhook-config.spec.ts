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

const type = 'ActivateWebHookConfigCommand';
let cast: Cast;
let made = 0;
/** The configuration of the test at hand, inactive. */
let known: Record<string, unknown>;

const attempt: Attempt = { cast: () => cast, type, fields: () => ({ id: known['id'] }) };

beforeAll(async () => {
  cast = await startWithRoles();
});
beforeEach(async () => {
  made++;
  known = await cast.signalbox.createConfig(`fresh-${made}`, { isEnabled: false });
});
afterAll(() => cast.stop());

describe('ActivateWebHookConfigCommand', () => {
  it('answers the id, the key, the new state and its time', async () => {
    const answer = await cast.signalbox.command(type, { id: known['id'] });
    expect(answer.status).toBe(200);
    expect(answer.body).toStrictEqual({
      success: true,
      data: { id: known['id'], key: known['key'], isEnabled: true, activatedAt: isoTime },
      message: 'Webhook configuration activated successfully',
    });
  });

  it('makes the router answer its key from the next call on', async () => {
    await cast.signalbox.command(type, { id: known['id'] });
    expect((await cast.signalbox.call(String(known['key']), {})).status).toBe(200);
  });

  it('changes the state and its time and nothing else: version and owner stay', async () => {
    const answer = await cast.signalbox.command(type, { id: known['id'] }, cast.as.designer);
    const { body } = await cast.signalbox.command('GetWebHookConfigByIdQuery', { id: known['id'] });
    expect(body.data).toStrictEqual({
      ...known,
      draft: null,
      isEnabled: true,
      updatedAt: answer.body.data['activatedAt'],
    });
  });

  it('answers 409 where it is so already, also to all but one of ten at once', async () => {
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => cast.signalbox.command(type, { id: known['id'] })),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    const last = await cast.signalbox.command(type, { id: known['id'] });
    expect(last.status).toBe(409);
    expect(last.body).toStrictEqual({
      success: false,
      data: null,
      message: 'Activation failed',
      errors: ['Configuration is already active'],
      code: 'webhook-config.already-active',
    });
  });

  it('answers 404 for an id that there is not', async () => {
    const answer = await cast.signalbox.command(type, { id: 999_999 });
    expect(answer.status).toBe(404);
    expect(answer.body).toStrictEqual({
      success: false,
      data: null,
      message: 'Activation failed',
      errors: ['Configuration not found'],
      code: 'webhook-config.not-found',
    });
  });

  it('answers the same 404 for a configuration of another account', async () => {
    const answer = await cast.signalbox.command(type, { id: known['id'] }, cast.as.stranger);
    expect(answer.status).toBe(404);
    expect(answer.body.errors).toStrictEqual(['Configuration not found']);
  });

  it('audits the state before and after', async () => {
    const answer = await cast.signalbox.command(type, { id: known['id'] }, cast.as.designer);
    expect(await auditRowOf(cast.signalbox, answer)).toMatchObject({
      account_id: 'default',
      caller_id: cast.idOf.designer,
      caller_name: 'designer',
      command: type,
      outcome: 'succeeded',
      input: { id: known['id'] },
      before: { isEnabled: false },
      after: { isEnabled: true },
    });
  });

  it('audits an attempt that found nothing, without a change', async () => {
    const answer = await cast.signalbox.command(type, { id: 999_999 });
    expect(await auditRowOf(cast.signalbox, answer)).toMatchObject({
      outcome: 'webhook-config.not-found',
      input: { id: 999_999 },
      before: null,
      after: null,
    });
  });

  refusesStrangers(attempt);
  refusesRoles(['viewer', 'operator'], 'webhooks:write', attempt);
  refusesInput(attempt, badConfigIds);
});
