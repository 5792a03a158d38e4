import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { keptBytes } from '../support/database.ts';
import { type Cast, startWithRoles } from '../support/roles.ts';
import { auditRowOf } from './support/audit-log.ts';
import { definitionView, endpointDefinition, scriptDefinition } from './support/definition-shapes.ts';
import { type Attempt, refusesInput, refusesRoles, refusesStrangers } from './support/refusals.ts';

const type = 'CreateCommandDefinitionCommand';
let cast: Cast;
let made = 0;
let name: string;

const attempt: Attempt = { cast: () => cast, type, fields: () => ({ name, ...scriptDefinition }) };
const create = (fields: object = scriptDefinition, who?: Record<string, string>) =>
  cast.signalbox.command(type, { name, ...fields }, who);

const script = (schema: object) => ({ inputSchema: schema });
const endpoint = (http: object, more = {}) => ({
  executionCode: undefined,
  http: { ...endpointDefinition.http, ...http },
  ...more,
});

beforeAll(async () => {
  cast = await startWithRoles();
});
beforeEach(() => {
  name = `Made${++made}Command`;
});
afterAll(() => cast.stop());

describe('CreateCommandDefinitionCommand', () => {
  it('defines a command that its account can give from then on', async () => {
    const answer = await create(scriptDefinition, cast.as.designer);
    expect([answer.status, answer.body]).toStrictEqual([
      200,
      {
        success: true,
        data: {
          id: expect.stringMatching(/^cdf_[0-9a-f-]{36}$/),
          ownerId: cast.idOf.designer,
          ...definitionView(name),
        },
        message: 'Command definition created successfully',
      },
    ]);
    expect((await cast.signalbox.command(name, { n: 1 }, cast.as.viewer)).body).toStrictEqual({
      success: true,
      data: 2,
      message: 'Command executed successfully',
    });
    expect((await cast.signalbox.command(name, { n: 1 }, cast.as.stranger)).body).toMatchObject({
      message: 'Unknown command',
      code: 'bus.unknown-command',
    });
  });

  it('refuses a name that a command of the server has, or a definition of whatever account', async () => {
    await create();
    for (const [taken, who] of [
      [name, undefined],
      [name, cast.as.stranger],
      ['CreateWebHookConfigCommand', undefined],
    ] as const) {
      const answer = await cast.signalbox.command(type, { name: taken, ...scriptDefinition }, who);
      expect([answer.status, answer.body]).toStrictEqual([
        409,
        {
          success: false,
          data: null,
          message: 'Creation failed',
          errors: ['A command with this name already exists'],
          code: 'command-definition.name-taken',
        },
      ]);
    }
  });

  it.each([
    ['that it is to need', { ...scriptDefinition, permission: 'access:manage' }, 'access:manage'],
    [
      'to manage access, of an endpoint',
      { ...endpointDefinition, permission: 'access:manage' },
      'access:manage',
    ],
  ])('refuses a saver who lacks the permission %s', async (_what, fields, permission) => {
    const answer = await create(fields, cast.as.designer);
    expect([answer.status, answer.body.errors]).toStrictEqual([
      403,
      [`The permission ${permission} is missing`],
    ]);
  });

  it('keeps the values of secret headers nowhere in clear, whatever becomes of the command', async () => {
    for (const differing of [{}, { name: 'x' }, { permission: 'no' }]) {
      const canary = `canary-${randomBytes(12).toString('hex')}`;
      const fields = { ...endpointDefinition, secretHeaders: { 'X-Key': canary } };
      const answer = await cast.signalbox.command(type, {
        name: `Secret${++made}Command`,
        ...fields,
        ...differing,
      });
      const row = await auditRowOf(cast.signalbox, answer);
      expect(row.input).toMatchObject({ secretHeaders: '[masked]' });
      expect(JSON.stringify([answer.body, row])).not.toContain(canary);
      if (answer.body.success)
        expect(answer.body.data['secretHeaders']).toStrictEqual([{ name: 'X-Key', hasSecret: true }]);
      // Not toContain: its failure would print the whole database.
      expect((await keptBytes(cast.signalbox.dataFolder)).includes(canary)).toBe(false);
    }
  });

  it('audits who defined what', async () => {
    expect(await auditRowOf(cast.signalbox, await create())).toMatchObject({
      command: type,
      outcome: 'succeeded',
      before: null,
      after: { name, version: 1 },
    });
  });

  refusesStrangers(attempt);
  refusesRoles(['viewer', 'operator'], 'commands:define', attempt);
  const nameSentence = 'Name must be letters and digits, begin with a capital letter and end with "Command"';
  refusesInput(attempt, [
    [{ name: undefined }, ['Name is required']],
    [{ name: 'greetCommand' }, [nameSentence]],
    [{ name: 'Greet' }, [nameSentence]],
    [{ name: 'Greet.Command' }, [nameSentence]],
    [{ name: `A${'b'.repeat(100)}Command` }, [nameSentence]],
    [{ permission: 'greet:all' }, [expect.stringMatching(/^Permission must be one of webhooks:read, /)]],
    [{ executionCode: undefined }, ['One of http and executionCode is required']],
    [{ http: endpointDefinition.http }, ['Only one of http and executionCode can be given']],
    [{ executionCode: 'return ]' }, [expect.stringMatching(/^ExecutionCode does not compile: /)]],
    [script({ type: 'string' }), ['InputSchema must be of the type "object": a command has fields']],
    [script({ properties: [] }), ['InputSchema.properties must be an object']],
    [
      script({ properties: { a: { type: 'text' } } }),
      [expect.stringMatching(/^InputSchema does not compile: /)],
    ],
    [script({ properties: { $type: {} } }), ['InputSchema.properties.$type cannot be: it names the command']],
    [script({ title: 'x'.repeat(70_000) }), ['InputSchema must be at most 65536 characters long as JSON']],
    [{ secretHeaders: { A: 'b' } }, ['SecretHeaders are for http only']],
    [
      endpoint({ url: 'ftp://a.example' }),
      ['Http.url cannot be called: The URL must begin with http or https.'],
    ],
    [
      endpoint({ url: 'http://127.0.0.1/' }),
      [expect.stringMatching(/^Http\.url cannot be called: .*loopback/)],
    ],
    [endpoint({ method: 'TRACE' }), ['Http.method must be one of GET, POST, PUT, PATCH, DELETE']],
    [
      endpoint({ headers: { Authorization: 'x' } }),
      ['Http.headers.Authorization is a credential: it belongs to secretHeaders'],
    ],
    [
      endpoint({ headers: { Host: 'x' } }),
      [expect.stringMatching(/^Http cannot be sent: The header "Host"/)],
    ],
    [
      endpoint({ headers: { 'X-A': 'x' } }, { secretHeaders: { 'x-a': 'y' } }),
      ['Http cannot be sent: The header "x-a" is given twice.'],
    ],
    [{ surprise: 1 }, ['Unknown field "surprise"']],
  ]);
});
