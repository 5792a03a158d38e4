import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { auditOf, auditOfExecution } from '../commands/support/audit-log.ts';
import { Signalbox } from '../support/signalbox.ts';

const example = join(import.meta.dirname, '../../examples/invoice-numbers-plugin');
const document = join(import.meta.dirname, '../../docs/plugins.md');

/** A plugin whose handlers do what no handler should, in CommonJS. */
const odd = `
const { Module } = require('@nestjs/common');
const { AppError, bpmRequest, Handles } = require('signalbox/plugin');
const { z } = require('zod');
class DoOddThingCommand extends bpmRequest({
  kind: 'command', effects: 'outside', permission: 'http:send', success: 'Done', failure: 'Odd thing failed', example: {},
  input: z.strictObject({ what: z.enum(['throw', 'nothing', 'refuse', 'done']) }),
}) {}
class DoOddThingHandler {
  async execute({ input }) {
    if (input.what === 'throw') throw Object.assign(new Error('select * from secrets'), { status: 200 });
    if (input.what === 'nothing') throw undefined;
    if (input.what === 'refuse') throw new AppError({ code: 'odd.refused', kind: 'conflict', details: ['Not today'] });
    return { odd: true };
  }
}
Handles(DoOddThingCommand)(DoOddThingHandler);
exports.OddModule = class OddModule {};
Module({ providers: [DoOddThingHandler] })(exports.OddModule);
`;

let folder: string;
let signalbox: Signalbox;

beforeAll(async () => {
  // Neither lies below our own packages: each imports what the server imports all the same.
  folder = mkdtempSync(join(tmpdir(), 'signalbox-plugins-'));
  cpSync(example, join(folder, 'node_modules/invoice-numbers-plugin'), { recursive: true });
  mkdirSync(join(folder, 'mounted'));
  writeFileSync(join(folder, 'mounted/odd.cjs'), odd);
  const [, documented = ''] = /```js\n([\s\S]*?)```/.exec(readFileSync(document, 'utf8')) ?? [];
  writeFileSync(join(folder, 'mounted/greet.mjs'), documented);
  signalbox = await Signalbox.start({
    env: { PLUGINS: 'invoice-numbers-plugin, ./mounted/odd.cjs,./mounted/greet.mjs' },
    wrapper: ['env', '-C', folder],
  });
});
afterAll(async () => {
  await signalbox.stop();
  rmSync(folder, { recursive: true, force: true });
});

const draw = (series: string) => ({ series, customer: 'Ada' });

describe("A plugin's command", () => {
  it('is checked, done and audited like our own', async () => {
    const answer = await signalbox.command('DrawInvoiceNumberCommand', draw('OWN'));
    expect(answer.body).toEqual({
      success: true,
      data: { number: 'OWN-000001' },
      message: 'Invoice number drawn successfully',
    });
    expect(await auditOf(signalbox, answer)).toMatchObject([
      { command: 'DrawInvoiceNumberCommand', outcome: 'succeeded', after: '{"series":"OWN","number":1}' },
    ]);
    const refused = await signalbox.command('DrawInvoiceNumberCommand', { series: 'own', more: 1 });
    expect([refused.status, refused.body.errors]).toEqual([
      400,
      ['Series must be 1 to 10 capital letters', 'Customer is required', 'Unknown field "more"'],
    ]);
  });

  it('is in the catalogue and in OpenAPI', async () => {
    const { body } = await signalbox.command<{ items: { $type: string }[] }>('GetCommandCatalogueQuery');
    const item = body.data.items.find(({ $type }) => $type === 'DrawInvoiceNumberCommand');
    expect(item).toMatchObject({ kind: 'command', permission: 'events:publish' });
    const document = (await (await fetch(`${signalbox.url}/api/openapi.json`)).json()) as {
      components: { schemas: object };
    };
    expect(document.components.schemas).toMatchObject({
      DrawInvoiceNumberCommand: { properties: { series: {}, customer: {} } },
      GetInvoiceNumberListQuery: {},
      DoOddThingCommand: {},
    });
  });

  it('is run by a native configuration, a chain and a script, in the commit of what they record', async () => {
    await signalbox.createConfig('native', {
      executionType: 0,
      commandName: 'DrawInvoiceNumberCommand',
    });
    await signalbox.createConfig('chain', {
      executionType: 1,
      commandChain: [
        { name: 'drawn', commandName: 'DrawInvoiceNumberCommand' },
        { commandName: 'GetInvoiceNumberListQuery', input: '={series: request.body.series}' },
      ],
    });
    await signalbox.createConfig('script', {
      executionCode: `return doCmd('DrawInvoiceNumberCommand', context.body).data.number;`,
      idempotency: { key: '=request.body.customer' },
    });
    const dataOf = async (key: string) =>
      ((await (await signalbox.call(key, draw('RUN'))).json()) as { data: unknown }).data;
    expect(await dataOf('native')).toEqual({ number: 'RUN-000001' });
    expect(await dataOf('chain')).toMatchObject({ data: { items: [{ number: 2 }, { number: 1 }] } });
    expect(await dataOf('script')).toBe('RUN-000003');
    expect(await dataOf('script')).toBe('RUN-000003');
    expect(await dataOf('native')).toEqual({ number: 'RUN-000004' });
  });

  it('is not done by a test, whose queries are asked', async () => {
    const { body } = await signalbox.command('TestWebHookConfigCommand', {
      config: {
        key: 'tested',
        description: 'd',
        isEnabled: true,
        path: '/webhooks/tested',
        action: 'POST',
        executionType: 2,
        executionCode: `return [doCmd('DrawInvoiceNumberCommand', { series: 'TST', customer: 'x' }).message,
          doCmd('GetInvoiceNumberListQuery', { series: 'TST' }).data];`,
      },
    });
    expect(body.data).toMatchObject({ result: ['Simulated', { items: [] }] });
  });
});

it('The command that the document shows runs as it stands there', async () => {
  const { body } = await signalbox.command('GreetCommand', { name: 'Ada' });
  expect(body).toMatchObject({ data: { greeting: 'Hello, Ada!' }, message: 'Greeted successfully' });
});

describe('A handler that throws', () => {
  it.each([['throw'], ['nothing']])('something odd (%s) is a 500 that shows nothing of it', async (what) => {
    const answer = await signalbox.command('DoOddThingCommand', { what });
    expect([answer.status, answer.body]).toEqual([
      500,
      {
        success: false,
        data: null,
        message: 'Something went wrong',
        errors: ['Something went wrong'],
        code: 'server.surprise',
      },
    ]);
  });

  it('an AppError is refused with its code and its words', async () => {
    const answer = await signalbox.command('DoOddThingCommand', { what: 'refuse' });
    expect([answer.status, answer.body]).toEqual([
      409,
      {
        success: false,
        data: null,
        message: 'Odd thing failed',
        errors: ['Not today'],
        code: 'odd.refused',
      },
    ]);
  });
});

it('A command with effects outside is on record when it is done', async () => {
  await signalbox.createConfig('odd', { executionType: 0, commandName: 'DoOddThingCommand' });
  const answer = await signalbox.call('odd', { what: 'done' });
  expect(await answer.json()).toMatchObject({ data: { odd: true } });
  const id = answer.headers.get('x-execution-id')!;
  expect(await signalbox.execution(id)).toMatchObject({ steps: [{ name: 'DoOddThingCommand' }] });
  expect(await auditOfExecution(signalbox, id)).toMatchObject([{ outcome: 'succeeded' }]);
});
