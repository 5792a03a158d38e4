import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { commandExamples } from '../support/command-examples.ts';
import { Signalbox } from '../support/signalbox.ts';

interface Item {
  $type: string;
  inputSchema: { properties?: Record<string, { type?: string }> };
}

/** The first one that four bytes cannot hold, and the last one that is exact. */
const large = [2 ** 31, Number.MAX_SAFE_INTEGER];

let signalbox: Signalbox;
let configId: number;
let items: Item[];
let examples: Awaited<ReturnType<typeof commandExamples>>;

beforeAll(async () => {
  signalbox = await Signalbox.start();
  configId = Number((await signalbox.createConfig('counted'))['id']);
  items = (await signalbox.command<{ items: Item[] }>('GetCommandCatalogueQuery')).body.data.items;
  examples = await commandExamples(signalbox);
});
afterAll(() => signalbox.stop());

/** Every command with each of its fields that is a whole number. */
function wholeNumbers(): [type: string, field: string][] {
  return items.flatMap(({ $type, inputSchema }) =>
    Object.entries(inputSchema.properties ?? {})
      .filter(([, { type }]) => type === 'integer')
      .map(([field]): [string, string] => [$type, field]),
  );
}

describe('A number that is larger than any stored one', () => {
  it('surprises no command, in whichever field', async () => {
    const asked = wholeNumbers();
    const surprised: unknown[] = [];
    for (const [type, field] of asked)
      for (const number of large) {
        const { status, body } = await signalbox.command(type, { ...examples[type], [field]: number });
        if (status >= 500) surprised.push([type, field, number, status, body.code]);
      }
    expect(surprised).toEqual([]);
    expect(asked.length).toBeGreaterThan(20);
  });

  it.each(large)('is the id of no configuration: %i', async (id) => {
    for (const type of [
      'GetWebHookConfigByIdQuery',
      'DeactivateWebHookConfigCommand',
      'DeleteWebHookConfigCommand',
    ]) {
      const { status, body } = await signalbox.command(type, { id });
      expect([status, body.code]).toEqual([404, 'webhook-config.not-found']);
    }
  });

  it.each(large)('is no version that could be restored: %i', async (version) => {
    const answer = await signalbox.command('RestoreWebHookConfigVersionCommand', { id: configId, version });
    expect([answer.status, answer.body.errors]).toEqual([
      404,
      [`The configuration has no version ${version}`],
    ]);
  });

  it.each(large)('is the configuration of no execution: %i', async (id) => {
    await signalbox.call('counted', {});
    const fields = { key: 'counted', configId: id };
    const list = await signalbox.command('GetWebHookExecutionListQuery', fields);
    expect([list.status, list.body.data['items']]).toEqual([200, []]);
    const statistics = await signalbox.command('GetWebHookStatisticsQuery', fields);
    expect([statistics.status, statistics.body.data['items']]).toEqual([200, []]);
  });
});
