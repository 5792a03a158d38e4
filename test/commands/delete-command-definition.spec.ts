import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Cast, startWithRoles } from '../support/roles.ts';
import { auditRowOf } from './support/audit-log.ts';
import { scriptDefinition } from './support/definition-shapes.ts';
import { type Attempt, isoTime, refusesInput, refusesRoles, refusesStrangers } from './support/refusals.ts';

const type = 'DeleteCommandDefinitionCommand';
let cast: Cast;
let made = 0;
let name: string;
let id: string;

const attempt: Attempt = { cast: () => cast, type, fields: () => ({ id }) };
const create = () => cast.signalbox.command('CreateCommandDefinitionCommand', { name, ...scriptDefinition });

beforeAll(async () => {
  cast = await startWithRoles();
});
beforeEach(async () => {
  name = `Gone${++made}Command`;
  id = String((await create()).body.data['id']);
});
afterAll(() => cast.stop());

describe('DeleteCommandDefinitionCommand', () => {
  it('answers what was deleted and when; the command is unknown and its name free again', async () => {
    const answer = await cast.signalbox.command(type, { id });
    expect([answer.status, answer.body]).toStrictEqual([
      200,
      {
        success: true,
        data: { id, name, deletedAt: isoTime },
        message: 'Command definition deleted successfully',
      },
    ]);
    expect((await cast.signalbox.command(name, { n: 1 })).body.code).toBe('bus.unknown-command');
    expect(await auditRowOf(cast.signalbox, answer)).toMatchObject({ before: { name }, after: null });
    expect((await create()).status).toBe(200);
  });

  it('answers 409 while configurations run it, and names them', async () => {
    const key = `native-${made}`;
    const native = await cast.signalbox.createConfig(key, { executionType: 0, commandName: name });
    const chain = await cast.signalbox.createConfig(`chain-${made}`, {
      executionType: 1,
      commandChain: [
        { commandName: 'GetWebHookConfigListQuery', compensation: { commandName: name, input: { n: 1 } } },
      ],
    });
    const answer = await cast.signalbox.command(type, { id });
    expect([answer.status, answer.body]).toStrictEqual([
      409,
      {
        success: false,
        data: null,
        message: 'Deletion failed',
        errors: [`The command is run by the configurations "${key}", "chain-${made}"`],
        code: 'command-definition.in-use',
      },
    ]);
    for (const config of [native, chain])
      await cast.signalbox.command('DeleteWebHookConfigCommand', { id: config['id'] });
    expect((await cast.signalbox.command(type, { id })).status).toBe(200);
  });

  it('answers 404 for one that there is not, or that another account has', async () => {
    for (const [wanted, who] of [
      ['cdf_1', undefined],
      [id, cast.as.stranger],
    ] as const) {
      const answer = await cast.signalbox.command(type, { id: wanted }, who);
      expect([answer.status, answer.body]).toStrictEqual([
        404,
        {
          success: false,
          data: null,
          message: 'Deletion failed',
          errors: ['Command definition not found'],
          code: 'command-definition.not-found',
        },
      ]);
    }
  });

  refusesStrangers(attempt);
  refusesRoles(['viewer', 'operator'], 'commands:define', attempt);
  refusesInput(attempt, [
    [{ id: undefined }, ['Id is required']],
    [{ id: 5 }, ['Id must be a string']],
    [{ surprise: 1 }, ['Unknown field "surprise"']],
  ]);
});
