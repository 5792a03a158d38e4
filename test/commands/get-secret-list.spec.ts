import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Cast, startWithRoles } from '../support/roles.ts';
import { auditOf } from './support/audit-log.ts';
import {
  admitsEveryRole,
  type Attempt,
  isoTime,
  refusesInput,
  refusesStrangers,
} from './support/refusals.ts';

const type = 'GetSecretListQuery';
let cast: Cast;
const attempt: Attempt = { cast: () => cast, type, fields: () => ({}) };

async function set(name: string, configKeys: string[], who?: Record<string, string>): Promise<void> {
  const answer = await cast.signalbox.command(
    'SetSecretCommand',
    { name, value: `of ${name}`, configKeys },
    who,
  );
  expect(answer.status).toBe(200);
}

beforeAll(async () => {
  cast = await startWithRoles();
  await set('zebra', ['b', 'a']);
  await set('apple', ['a']);
  await set('gone', ['a']);
  await set('apple', ['c']);
  await cast.signalbox.command('DeleteSecretCommand', { name: 'gone' });
  await set('foreign', ['a'], cast.as.stranger);
});
afterAll(() => cast.stop());

describe('GetSecretListQuery', () => {
  it('answers the current secrets of the account by name, without their values', async () => {
    const answer = await cast.signalbox.command(type);
    expect(answer.status).toBe(200);
    expect(answer.body).toStrictEqual({
      success: true,
      data: {
        items: [
          { name: 'apple', configKeys: ['c'], version: 2, updatedAt: isoTime },
          { name: 'zebra', configKeys: ['b', 'a'], version: 1, updatedAt: isoTime },
        ],
      },
      message: 'Secrets retrieved successfully',
    });
    expect(JSON.stringify(answer.body)).not.toContain('of ');
  });

  it('shows nothing of another account', async () => {
    const { body } = await cast.signalbox.command<{ items: object[] }>(type, {}, cast.as.stranger);
    expect(body.data.items).toMatchObject([{ name: 'foreign' }]);
  });

  it('leaves no audit record', async () => {
    expect(await auditOf(cast.signalbox, await cast.signalbox.command(type))).toStrictEqual([]);
  });

  refusesStrangers(attempt);
  admitsEveryRole(attempt);
  refusesInput(attempt, [[{ surprise: 1 }, ['Unknown field "surprise"']]]);
});
