import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Cast, startWithRoles } from '../support/roles.ts';
import { auditRowOf } from './support/audit-log.ts';
import { definitionView, endpointDefinition, scriptDefinition } from './support/definition-shapes.ts';
import { type Attempt, refusesInput, refusesRoles, refusesStrangers } from './support/refusals.ts';

const type = 'UpdateCommandDefinitionCommand';
let cast: Cast;
let made = 0;
let name: string;
let id: string;

const changed = { ...scriptDefinition, executionCode: 'return context.input.n * 10;' };
const attempt: Attempt = { cast: () => cast, type, fields: () => ({ id, ...changed }) };

async function create(fields: object): Promise<string> {
  name = `Changed${++made}Command`;
  const { body } = await cast.signalbox.command('CreateCommandDefinitionCommand', { name, ...fields });
  return String(body.data['id']);
}

beforeAll(async () => {
  cast = await startWithRoles();
});
beforeEach(async () => {
  id = await create(scriptDefinition);
});
afterAll(() => cast.stop());

describe('UpdateCommandDefinitionCommand', () => {
  it('replaces all but the name; the next call runs the new version, for the new saver', async () => {
    const answer = await cast.signalbox.command(type, { id, version: 1, ...changed }, cast.as.designer);
    expect([answer.status, answer.body]).toStrictEqual([
      200,
      {
        success: true,
        data: { id, ownerId: cast.idOf.designer, ...definitionView(name, { ...changed, version: 2 }) },
        message: 'Command definition updated successfully',
      },
    ]);
    expect((await cast.signalbox.command(name, { n: 2 })).body.data).toBe(20);
    expect(await auditRowOf(cast.signalbox, answer)).toMatchObject({
      before: { version: 1 },
      after: { version: 2 },
    });
  });

  it('answers 409 where it has changed meanwhile', async () => {
    await cast.signalbox.command(type, { id, ...changed });
    const answer = await cast.signalbox.command(type, { id, version: 1, ...changed });
    expect([answer.status, answer.body]).toStrictEqual([
      409,
      {
        success: false,
        data: null,
        message: 'Update failed',
        errors: ['The command definition has changed: its version is 2'],
        code: 'command-definition.version-conflict',
      },
    ]);
  });

  it('answers 404 for one that there is not, or that another account has', async () => {
    for (const [wanted, who] of [
      ['cdf_1', undefined],
      [id, cast.as.stranger],
    ] as const) {
      const answer = await cast.signalbox.command(type, { id: wanted, ...changed }, who);
      expect([answer.status, answer.body.code]).toStrictEqual([404, 'command-definition.not-found']);
    }
  });

  it('keeps secret headers that are not sent, at the same host only', async () => {
    id = await create({ ...endpointDefinition, secretHeaders: { Authorization: 'Bearer abcdef' } });
    const at = (url: string, more = {}) =>
      cast.signalbox.command(type, {
        id,
        ...endpointDefinition,
        http: { method: 'POST', url },
        ...more,
      });
    const kept = await at('https://warehouse.example.com/other');
    expect(kept.body.data['secretHeaders']).toStrictEqual([{ name: 'Authorization', hasSecret: true }]);
    const refused = await at('https://attacker.example.com/');
    expect([refused.status, refused.body.errors]).toStrictEqual([
      400,
      ['SecretHeaders must be sent again: the URL has another host'],
    ]);
    expect((await at('https://attacker.example.com/', { secretHeaders: {} })).body.data).toMatchObject({
      secretHeaders: [],
    });
  });

  refusesStrangers(attempt);
  refusesRoles(['viewer', 'operator'], 'commands:define', attempt);
  refusesInput(attempt, [
    [{ id: undefined }, ['Id is required']],
    [{ name: 'OtherCommand' }, ['Name cannot be changed']],
    [{ version: 0 }, ['Version must be at least 1']],
    [{ executionCode: undefined }, ['One of http and executionCode is required']],
    [{ executionCode: 'return ]' }, [expect.stringMatching(/^ExecutionCode does not compile: /)]],
    [{ surprise: 1 }, ['Unknown field "surprise"']],
  ]);
});
