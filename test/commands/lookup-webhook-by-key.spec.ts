import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Cast, startWithRoles } from '../support/roles.ts';
import { auditOf } from './support/audit-log.ts';
import { scriptView } from './support/config-shape.ts';
import { admitsEveryRole, type Attempt, refusesInput, refusesStrangers } from './support/refusals.ts';

const type = 'LookupWebHookByKeyCommand';
let cast: Cast;
let orders: Record<string, unknown>;
let returns: Record<string, unknown>;

const attempt: Attempt = { cast: () => cast, type, fields: () => ({ key: 'orders' }) };
const notFound = {
  success: false,
  data: null,
  message: 'Lookup failed',
  errors: ['No webhook configuration found with the specified key'],
  code: 'webhook-config.not-found',
};

beforeAll(async () => {
  cast = await startWithRoles();
  orders = await cast.signalbox.createConfig('orders');
  returns = await cast.signalbox.createConfig('returns', { isEnabled: false });
});
afterAll(() => cast.stop());

describe('LookupWebHookByKeyCommand', () => {
  it('answers the configuration of the key', async () => {
    const answer = await cast.signalbox.command(type, { key: 'orders' });
    expect(answer.status).toBe(200);
    expect(answer.body).toStrictEqual({
      success: true,
      data: scriptView('orders', { id: orders['id'], ownerId: orders['ownerId'] }),
      message: 'Webhook configuration found',
    });
  });

  it.each([{}, { key: '' }, { key: null }])('answers all of them as an array for %o', async (fields) => {
    const answer = await cast.signalbox.command(type, fields);
    expect(answer.status).toBe(200);
    expect(answer.body.data).toStrictEqual([orders, returns]);
  });

  it('answers an empty array to an account that has none', async () => {
    const answer = await cast.signalbox.command(type, {}, cast.as.stranger);
    expect(answer.status).toBe(200);
    expect(answer.body.data).toStrictEqual([]);
  });

  it('finds a configuration that is inactive too', async () => {
    expect((await cast.signalbox.command(type, { key: 'returns' })).body.data).toStrictEqual(returns);
  });

  it.each(['nothing', 'Orders', 'orders ', 'order', '__proto__', 'constructor'])(
    'answers 404 for the key "%s": keys are compared exactly',
    async (key) => {
      const answer = await cast.signalbox.command(type, { key });
      expect(answer.status).toBe(404);
      expect(answer.body).toStrictEqual(notFound);
    },
  );

  it('answers the same 404 for a key of another account', async () => {
    const answer = await cast.signalbox.command(type, { key: 'orders' }, cast.as.stranger);
    expect(answer.status).toBe(404);
    expect(answer.body).toStrictEqual(notFound);
  });

  it('follows each change at once', async () => {
    const { id } = await cast.signalbox.createConfig('passing');
    expect((await cast.signalbox.command(type, { key: 'passing' })).status).toBe(200);
    await cast.signalbox.command('DeleteWebHookConfigCommand', { id });
    expect((await cast.signalbox.command(type, { key: 'passing' })).status).toBe(404);
  });

  it('leaves no audit record: whatever its name says, it changes nothing', async () => {
    expect(await auditOf(cast.signalbox, await cast.signalbox.command(type))).toStrictEqual([]);
    expect(await auditOf(cast.signalbox, await cast.signalbox.command(type, { key: 'none' }))).toStrictEqual(
      [],
    );
  });

  refusesStrangers(attempt);
  admitsEveryRole(attempt);
  refusesInput(attempt, [
    [{ key: 5 }, ['Key must be a string']],
    [{ key: 'x'.repeat(201) }, ['Key must be at most 200 characters long']],
    [{ id: 1 }, ['Unknown field "id"']],
  ]);
});
