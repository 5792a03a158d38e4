import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { failureOf, madeClient } from '../commands/support/access.ts';
import { scriptFields } from '../commands/support/config-shape.ts';
import { Signalbox } from '../support/signalbox.ts';

const type = 'DrawInvoiceNumberCommand';
const draw = { series: 'INV', customer: 'Ada' };
const missing = ['access.permission-missing', [expect.stringContaining('events:publish is missing')]];
let signalbox: Signalbox;
/** May write configurations and definitions, and not what the plugin's command needs. */
let writer: Record<string, string>;

beforeAll(async () => {
  const PLUGINS = join(import.meta.dirname, '../../examples/invoice-numbers-plugin');
  signalbox = await Signalbox.start({ env: { PLUGINS } });
  const permissions = [
    'webhooks:read',
    'webhooks:write',
    'commands:define',
    'executions:replay',
    'executions:read',
  ];
  writer = { 'X-API-Key': (await madeClient(signalbox, { permissions })).apiKey };
});
afterAll(() => signalbox.stop());

function save(key: string, fields: object) {
  const { executionCode: _code, ...others } = scriptFields(key);
  return signalbox.command('CreateWebHookConfigCommand', { ...others, key, ...fields }, writer);
}

/** How many numbers were drawn. */
async function drawn(): Promise<number> {
  const { body } = await signalbox.command<{ items: object[] }>('GetAuditLogQuery', {
    command: type,
    outcome: 'succeeded',
  });
  return body.data.items.length;
}

async function answerOf(key: string): Promise<unknown> {
  const response = await signalbox.call(key, draw);
  return ((await response.json()) as { data: unknown }).data;
}

describe("Who lacks the permission of a plugin's command", () => {
  it('cannot give it', async () => {
    expect(failureOf(await signalbox.command(type, draw, writer)).slice(1)).toEqual(missing);
  });

  it('cannot save a configuration or a chain that runs it', async () => {
    const native = await save('native', { executionType: 0, commandName: type });
    expect(failureOf(native).slice(1)).toEqual(missing);
    const chain = await save('chain', { executionType: 1, commandChain: [{ commandName: type }] });
    expect(failureOf(chain).slice(1)).toEqual(missing);
  });

  it('gets no further by a script, nor by a defined command that calls it', async () => {
    const code = (name: string) => `return doCmd('${name}', ${JSON.stringify(draw)}).code;`;
    await save('script', { executionCode: code(type) });
    expect(await answerOf('script')).toBe('access.permission-missing');
    const definition = {
      name: 'DrawForMeCommand',
      description: 'Draws',
      inputSchema: { type: 'object', additionalProperties: true },
      permission: 'webhooks:read',
      executionCode: `const made = doCmd('${type}', ${JSON.stringify(draw)}); return made.code ?? made.data;`,
    };
    // Written by somebody who may: who calls it gets no more for that.
    expect((await signalbox.command('CreateCommandDefinitionCommand', definition)).status).toBe(200);
    const called = await signalbox.command<unknown>('DrawForMeCommand', {}, writer);
    expect(called.body.data).toBe('access.permission-missing');
    await save('by-definition', { executionCode: `return doCmd('DrawForMeCommand', {}).data;` });
    expect(await answerOf('by-definition')).toBe('access.permission-missing');
  });

  it('gets no further by repeating, with a body of his own, what somebody else has saved', async () => {
    await signalbox.createConfig('theirs', {
      executionCode: `return doCmd('${type}', context.body).code ?? 'drawn';`,
    });
    expect(await answerOf('theirs')).toBe('drawn');
    const before = await drawn();
    const { headers } = await signalbox.call('theirs', draw);
    expect(await drawn()).toBe(before + 1);
    const edit = { id: headers.get('x-execution-id'), body: { ...draw, customer: 'Eve' } };
    const replay = await signalbox.command<{ executionId: string }>(
      'ReplayWebHookExecutionCommand',
      edit,
      writer,
    );
    expect(replay.status).toBe(200);
    const deadline = Date.now() + 20_000;
    const ended = async () => {
      const { status } = await signalbox.execution<{ status: string }>(replay.body.data.executionId);
      return status === 'succeeded' || status === 'failed' || status === 'dead';
    };
    while (!(await ended()) && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 20));
    expect(await ended()).toBe(true);
    expect(await drawn()).toBe(before + 1);
  });
});
