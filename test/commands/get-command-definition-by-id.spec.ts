import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Cast, startWithRoles } from '../support/roles.ts';
import { endpointDefinition, scriptDefinition } from './support/definition-shapes.ts';
import { admitsEveryRole, type Attempt, refusesInput, refusesStrangers } from './support/refusals.ts';

const type = 'GetCommandDefinitionByIdQuery';
let cast: Cast;
let created: Record<string, unknown>;

const attempt: Attempt = { cast: () => cast, type, fields: () => ({ id: created['id'] }) };

beforeAll(async () => {
  cast = await startWithRoles();
  const { body } = await cast.signalbox.command('CreateCommandDefinitionCommand', {
    name: 'ReserveStockCommand',
    ...endpointDefinition,
    secretHeaders: { Authorization: 'Bearer abcdef' },
  });
  created = body.data;
});
afterAll(() => cast.stop());

describe('GetCommandDefinitionByIdQuery', () => {
  it('answers the definition, of its secret headers the names only', async () => {
    const { status, body } = await cast.signalbox.command(type, { id: created['id'] });
    expect([status, body]).toStrictEqual([
      200,
      { success: true, data: created, message: 'Command definition retrieved successfully' },
    ]);
    expect(body.data).toMatchObject({
      ...endpointDefinition,
      http: { ...endpointDefinition.http, timeoutMs: 15_000 },
      executionCode: null,
      secretHeaders: [{ name: 'Authorization', hasSecret: true }],
    });
    expect(JSON.stringify(body)).not.toContain('abcdef');
  });

  it('answers 404 for one that there is not, or that another account has', async () => {
    const { body } = await cast.signalbox.command(
      'CreateCommandDefinitionCommand',
      { name: 'ElsewhereCommand', ...scriptDefinition },
      cast.as.stranger,
    );
    for (const id of [body.data['id'], 'cdf_1', 'constructor']) {
      const answer = await cast.signalbox.command(type, { id });
      expect([answer.status, answer.body.errors]).toStrictEqual([404, ['Command definition not found']]);
    }
  });

  refusesStrangers(attempt);
  admitsEveryRole(attempt);
  refusesInput(attempt, [
    [{ id: undefined }, ['Id is required']],
    [{ id: 'x'.repeat(101) }, ['Id must be at most 100 characters long']],
    [{ surprise: 1 }, ['Unknown field "surprise"']],
  ]);
});
