import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { auditOf } from '../commands/support/audit-log.ts';
import { Signalbox } from '../support/signalbox.ts';
import { until } from '../support/until.ts';

let signalbox: Signalbox;

beforeAll(async () => {
  signalbox = await Signalbox.start();
  await define('DoubleCommand', { executionCode: 'console.log("doubling"); return context.input.n * 2;' });
});
afterAll(() => signalbox.stop());

const inputSchema = {
  type: 'object',
  properties: {
    sku: { type: 'string', minLength: 2 },
    n: { type: 'integer' },
    tags: { type: 'array', items: { type: 'string' } },
    place: { type: 'object', required: ['row'], additionalProperties: false, properties: { row: {} } },
  },
};

async function define(name: string, fields: object): Promise<void> {
  const definition = { name, description: name, permission: 'webhooks:read', inputSchema, ...fields };
  const { body } = await signalbox.command('CreateCommandDefinitionCommand', definition);
  if (!body.success) throw new Error(JSON.stringify(body));
}

async function call(key: string, body: object) {
  const response = await signalbox.call(key, body);
  return {
    status: response.status,
    id: response.headers.get('x-execution-id')!,
    body: (await response.json()) as Record<string, unknown>,
  };
}

describe('The input of a defined command', () => {
  it('is checked with its schema, a sentence for each fault', async () => {
    const refused = await signalbox.command('DoubleCommand', { sku: 'A', n: 'x', place: {}, more: 1 });
    expect([refused.status, refused.body]).toMatchObject([
      400,
      { message: 'Validation failed', code: 'bus.validation-failed' },
    ]);
    expect(refused.body.errors!.sort()).toEqual([
      'N must be integer',
      'Place.row is required',
      'Sku must NOT have fewer than 2 characters',
      'Unknown field "more"',
    ]);
    expect(await auditOf(signalbox, refused)).toMatchObject([{ outcome: 'bus.validation-failed' }]);
  });

  it('may have other fields where the schema says so', async () => {
    await define('OpenCommand', {
      inputSchema: { additionalProperties: { type: 'number' } },
      executionCode: 'return context.input;',
    });
    expect((await signalbox.command('OpenCommand', { any: 1 })).body.data).toEqual({ any: 1 });
    expect((await signalbox.command('OpenCommand', { any: 'x' })).body.errors).toEqual([
      'Any must be number',
    ]);
  });

  it('may be told by parts of a schema', async () => {
    await define('PartsCommand', {
      inputSchema: { allOf: [{ properties: { a: {} } }], properties: { b: {} } },
      executionCode: 'return context.input;',
    });
    expect((await signalbox.command('PartsCommand', { a: 1, b: 2 })).body.data).toEqual({ a: 1, b: 2 });
    expect((await signalbox.command('PartsCommand', { c: 1 })).body.errors).toEqual(['Unknown field "c"']);
  });

  it('takes no longer than an expression may', async () => {
    await define('SlowCommand', {
      inputSchema: { properties: { a: { pattern: '^(a+)+$' } } },
      executionCode: 'return 1;',
    });
    const slow = await signalbox.command('SlowCommand', { a: `${'a'.repeat(40)}!` });
    expect([slow.status, slow.body.code]).toEqual([400, 'command-definition.schema-limit']);
  });

  it('is refused where it can never be applied', async () => {
    const { status, body } = await signalbox.command('CreateCommandDefinitionCommand', {
      name: 'CircleCommand',
      description: 'Goes round',
      inputSchema: { $ref: '#' },
      permission: 'webhooks:read',
      executionCode: 'return 1;',
    });
    expect([status, body.errors]).toEqual([400, [expect.stringMatching(/^InputSchema /)]]);
  });
});

describe('A script', () => {
  it.each([
    ['throws', 'throw new Error("no stock");', 500, 'script.threw', 'no stock'],
    [
      'responds',
      'return respond({ status: 201 });',
      500,
      'command-definition.responded',
      'The script of a command returns its result: respond is for webhooks',
    ],
    ['asks for a secret', 'return secrets.get("KEY");', 500, 'script.threw', expect.stringContaining('KEY')],
    ['never ends', 'for (;;);', 504, 'script.limit-running-time', expect.any(String)],
  ])('that %s has failed', async (what, executionCode, status, ...[code, sentence]) => {
    const name = `That${what.replaceAll(/\W/g, '')}Command`;
    await define(name, { executionCode });
    const failed = await signalbox.command(name);
    expect([failed.status, failed.body]).toEqual([
      status,
      { success: false, data: null, message: 'Command failed', errors: [sentence], code },
    ]);
  });

  it('that has failed leaves what it said in no log line', async () => {
    await define('SpeakingCommand', { executionCode: 'throw new Error(`spoken ${context.input.sku}`);' });
    const said = `words-${Date.now()}`;
    expect((await signalbox.command('SpeakingCommand', { sku: said })).body.errors).toEqual([
      `spoken ${said}`,
    ]);
    await until(() => Promise.resolve(signalbox.output.includes('SpeakingCommand') || null));
    expect(signalbox.output).not.toContain(said);
  });

  it('gives commands that are audited beside it', async () => {
    await define('PublishCommand', {
      executionCode: `return doCmd('PublishEventCommand', { type: 'a.b', payload: {} }).success;`,
    });
    const given = await signalbox.command('PublishCommand');
    expect(given.body.data).toBe(true);
    expect((await auditOf(signalbox, given)).map(({ command }) => command).sort()).toEqual([
      'PublishCommand',
      'PublishEventCommand',
    ]);
  });

  it('reads its input frozen', async () => {
    await define('FrozenCommand', {
      executionCode: `try { context.input.n = 5; } catch { return ['kept', context.input.n]; }`,
    });
    expect((await signalbox.command('FrozenCommand', { n: 1 })).body.data).toEqual(['kept', 1]);
  });
});

describe('Whoever can name a command can name a defined one', () => {
  it('a native configuration, a chain with literal and with mapped fields, and a script', async () => {
    await signalbox.createConfig('double', { executionType: 0, commandName: 'DoubleCommand' });
    await signalbox.createConfig('doubles', {
      executionType: 1,
      commandChain: [
        { name: 'first', commandName: 'DoubleCommand', input: { n: 5 } },
        { commandName: 'DoubleCommand', input: '={n: steps.first.data + request.body.n}' },
        { name: 'known', commandName: 'DoubleCommand' },
      ],
    });
    await signalbox.createConfig('scripted', {
      executionCode: `console.log('before'); return doCmd('DoubleCommand', { n: context.body.n }).data;`,
    });
    expect((await call('double', { n: 4, x: 1 })).body['data']).toBe(8);
    expect((await call('doubles', { n: 1 })).body['data']).toMatchObject({
      steps: [{ data: 10 }, { data: 22 }, { data: 2 }],
    });
    const { id, body } = await call('scripted', { n: 3 });
    expect(body['data']).toBe(6);
    expect(await signalbox.execution(id)).toMatchObject({
      steps: [{ name: 'DoubleCommand', input: { n: 3 }, output: { data: 6 } }],
      logs: [{ text: 'before' }, { text: 'DoubleCommand: doubling' }],
    });
  });

  it('but not with fields that it can never take', async () => {
    const refused = await signalbox.command('CreateWebHookConfigCommand', {
      key: 'wrong',
      description: 'd',
      isEnabled: true,
      path: '/webhooks/wrong',
      action: 'POST',
      executionType: 1,
      commandChain: [{ commandName: 'DoubleCommand', input: { n: 'x' } }],
    });
    expect(refused.body.errors).toEqual(['CommandChain.0.input: N must be integer']);
  });

  it('and the catalogue lists it with its schema; the API docs, which are for everybody, do not', async () => {
    const { body } = await signalbox.command<{ items: { $type: string }[] }>('GetCommandCatalogueQuery');
    expect(body.data.items.find(({ $type }) => $type === 'DoubleCommand')).toEqual({
      $type: 'DoubleCommand',
      kind: 'command',
      permission: 'webhooks:read',
      inputSchema: {
        $schema: 'https://json-schema.org/draft/2020-12/schema',
        ...inputSchema,
        additionalProperties: false,
      },
    });
    const document = await (await fetch(`${signalbox.url}/api/openapi.json`)).text();
    expect(document).not.toContain('DoubleCommand');
  });
});
