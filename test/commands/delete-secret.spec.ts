import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Cast, startWithRoles } from '../support/roles.ts';
import { auditRowOf } from './support/audit-log.ts';
import { type Attempt, isoTime, refusesInput, refusesRoles, refusesStrangers } from './support/refusals.ts';

const type = 'DeleteSecretCommand';
let cast: Cast;
let made = 0;
let name: string;

const attempt: Attempt = { cast: () => cast, type, fields: () => ({ name }) };
const set = () =>
  cast.signalbox.command<{ version: number }>('SetSecretCommand', { name, value: 'v', configKeys: ['a'] });

beforeAll(async () => {
  cast = await startWithRoles();
});
beforeEach(async () => {
  name = `KEY_${++made}`;
  await set();
});
afterAll(() => cast.stop());

describe('DeleteSecretCommand', () => {
  it('answers what was deleted and when; the name is free again', async () => {
    const answer = await cast.signalbox.command(type, { name });
    expect(answer.status).toBe(200);
    expect(answer.body).toStrictEqual({
      success: true,
      data: { name, deletedAt: isoTime },
      message: 'Secret deleted successfully',
    });
    const { body } = await cast.signalbox.command<{ items: { name: string }[] }>('GetSecretListQuery');
    expect(body.data.items.filter((item) => item.name === name)).toStrictEqual([]);
    expect((await set()).status).toBe(200);
  });

  it('answers 404 for a name that there is not, or not any more', async () => {
    await cast.signalbox.command(type, { name });
    for (const gone of [name, 'NEVER', 'constructor']) {
      const answer = await cast.signalbox.command(type, { name: gone });
      expect(answer.status).toBe(404);
      expect(answer.body).toStrictEqual({
        success: false,
        data: null,
        message: 'Deletion failed',
        errors: ['Secret not found'],
        code: 'secret.not-found',
      });
    }
  });

  it('answers the same 404 for a secret of another account', async () => {
    const answer = await cast.signalbox.command(type, { name }, cast.as.stranger);
    expect(answer.status).toBe(404);
    expect((await cast.signalbox.command(type, { name })).status).toBe(200);
  });

  it('audits what there was', async () => {
    const answer = await cast.signalbox.command(type, { name });
    expect(await auditRowOf(cast.signalbox, answer)).toMatchObject({
      command: type,
      outcome: 'succeeded',
      input: { name },
      before: { name, configKeys: ['a'], version: 1, updatedAt: isoTime },
      after: null,
    });
  });

  refusesStrangers(attempt);
  refusesRoles(['viewer', 'operator'], 'secrets:write', attempt);
  refusesInput(attempt, [
    [{ name: undefined }, ['Name is required']],
    [{ name: '' }, ['Name is required']],
    [{ name: 5 }, ['Name must be a string']],
    [{ value: 'x' }, ['Unknown field "value"']],
  ]);
});
