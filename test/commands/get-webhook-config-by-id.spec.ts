import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Cast, startWithRoles } from '../support/roles.ts';
import { auditOf } from './support/audit-log.ts';
import { scriptView } from './support/config-shape.ts';
import {
  admitsEveryRole,
  type Attempt,
  badConfigIds,
  refusesInput,
  refusesStrangers,
} from './support/refusals.ts';

const type = 'GetWebHookConfigByIdQuery';
let cast: Cast;
let known: Record<string, unknown>;

const attempt: Attempt = { cast: () => cast, type, fields: () => ({ id: known['id'] }) };
const notFound = {
  success: false,
  data: null,
  message: 'Configuration not found',
  errors: ['No webhook configuration found with the specified ID'],
  code: 'webhook-config.not-found',
};

beforeAll(async () => {
  cast = await startWithRoles();
  known = await cast.signalbox.createConfig('orders');
});
afterAll(() => cast.stop());

describe('GetWebHookConfigByIdQuery', () => {
  it('answers the whole configuration', async () => {
    const answer = await cast.signalbox.command(type, { id: known['id'] });
    expect(answer.status).toBe(200);
    expect(answer.body).toStrictEqual({
      success: true,
      data: { ...scriptView('orders', { id: known['id'], ownerId: known['ownerId'] }), draft: null },
      message: 'Webhook configuration retrieved successfully',
    });
  });

  it('shows what the last save left', async () => {
    const { id } = await cast.signalbox.createConfig('changing');
    await cast.signalbox.command('DeactivateWebHookConfigCommand', { id });
    const { body } = await cast.signalbox.command(type, { id });
    expect(body.data).toMatchObject({ isEnabled: false, version: 1 });
  });

  it('answers 404 for an id that there is not', async () => {
    const answer = await cast.signalbox.command(type, { id: 999_999 });
    expect(answer.status).toBe(404);
    expect(answer.body).toStrictEqual(notFound);
  });

  it('answers the same 404 for a configuration of another account', async () => {
    const answer = await cast.signalbox.command(type, { id: known['id'] }, cast.as.stranger);
    expect(answer.status).toBe(404);
    expect(answer.body).toStrictEqual(notFound);
  });

  it('leaves no audit record', async () => {
    expect(
      await auditOf(cast.signalbox, await cast.signalbox.command(type, { id: known['id'] })),
    ).toStrictEqual([]);
    expect(await auditOf(cast.signalbox, await cast.signalbox.command(type, { id: 0 }))).toStrictEqual([]);
  });

  refusesStrangers(attempt);
  admitsEveryRole(attempt);
  refusesInput(attempt, badConfigIds);
});
