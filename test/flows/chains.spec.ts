import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startAgain, untilEnded } from '../crash/kill-rounds.ts';
import { Signalbox } from '../support/signalbox.ts';

interface Execution {
  id: string;
  status: string;
  code: string | null;
  attempt: number;
  nextAttemptAt: string | null;
  attempts: { code: string }[];
  steps: { name: string; commandName: string; output: { success: boolean } }[];
}

let signalbox: Signalbox;

beforeAll(async () => {
  signalbox = await Signalbox.start({ env: { OUTBOUND_ALLOWED_NETWORKS: '127.0.0.1' } });
});
afterAll(() => signalbox.stop());

const create = (key: string) => ({
  key,
  description: 'Made by a chain',
  isEnabled: false,
  path: `/webhooks/${key}`,
  action: 'POST',
  executionType: 2,
  executionCode: 'return 1;',
});
const chain = (name: string, commandChain: unknown[], fields: Record<string, unknown> = {}, at = signalbox) =>
  at.createConfig(name, { executionType: 1, commandChain, ...fields });
const lookUp = (name: string, key: string) => ({
  name,
  commandName: 'LookupWebHookByKeyCommand',
  input: { key },
});
/** Makes a configuration, and undoes it by deleting it. */
const making = (name: string) => ({
  name,
  commandName: 'CreateWebHookConfigCommand',
  input: create(name),
  compensation: { commandName: 'DeleteWebHookConfigCommand', input: `={ id: steps.${name}.data.id }` },
});
const isThere = async (key: string, at = signalbox) =>
  (await at.command('LookupWebHookByKeyCommand', { key })).status === 200;
const ended = async (id: string | null, at = signalbox) => {
  const end = Date.now() + 20_000;
  for (;;) {
    const execution = await at.execution<Execution>(id);
    if (!['received', 'running'].includes(execution.status) || Date.now() > end) return execution;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
};
const soon = { maxAttempts: 3, initialSeconds: 0.01, factor: 1, maxSeconds: 1 };

/** The status, and which of the steps were skipped. */
const outcome = async (go: unknown) => {
  const response = await signalbox.call('conditional', { go });
  const { data } = (await response.json()) as { data: { steps: { skipped?: boolean }[] } | null };
  return [response.status, ...(data?.steps.map(({ skipped }) => skipped ?? false) ?? [])];
};

describe('a chain', () => {
  it('runs its commands in order, each with what the ones before gave, and answers what all of them gave', async () => {
    await chain('three', [
      { commandName: 'CreateWebHookConfigCommand' },
      {
        name: 'found',
        commandName: 'GetWebHookConfigByIdQuery',
        input: '={ id: steps.step1.data.id }',
        condition: '=steps.step1.success',
      },
      { commandName: 'LookupWebHookByKeyCommand', input: '={ key: steps.found.data.key }' },
    ]);
    const response = await signalbox.call('three', { ...create('of-a-chain'), $type: 'x', more: 1 });
    expect(response.status).toBe(200);
    const body = (await response.json()) as { data: { steps: object[]; data: { key: string } } };
    expect(body.data).toMatchObject({
      steps: [
        { name: 'step1', commandName: 'CreateWebHookConfigCommand', success: true },
        {
          name: 'found',
          commandName: 'GetWebHookConfigByIdQuery',
          success: true,
          data: { key: 'of-a-chain' },
        },
        {
          name: 'step3',
          commandName: 'LookupWebHookByKeyCommand',
          success: true,
          durationMs: expect.any(Number),
        },
      ],
      data: { key: 'of-a-chain' },
    });
    const execution = await signalbox.execution<Execution>(response.headers.get('x-execution-id'));
    expect(execution).toMatchObject({
      status: 'succeeded',
      steps: [{ name: 'step1' }, { name: 'found' }, { name: 'step3', output: { success: true } }],
    });
  });

  it('leaves out a step whose condition does not hold', async () => {
    await chain('conditional', [
      { ...lookUp('a', 'conditional'), condition: '=request.body.go' },
      { ...lookUp('b', 'conditional'), condition: '=steps.a.data != null' },
    ]);
    expect(await outcome(true)).toEqual([200, false, false]);
    expect(await outcome(false)).toEqual([200, true, true]);
    expect(await outcome(null)).toEqual([200, true, true]);
    expect(await outcome('true')).toEqual([500]);
  });

  it('goes on after a failed step where that is wanted, and else fails as that command does', async () => {
    const steps = [lookUp('missing', 'nowhere'), lookUp('after', 'tolerant')];
    await chain('tolerant', [{ ...steps[0], onError: 'continue' }, steps[1]]);
    await chain('strict', steps);
    const tolerant = await signalbox.call('tolerant', {});
    expect(await tolerant.json()).toMatchObject({
      success: true,
      data: {
        steps: [
          { name: 'missing', success: false, data: null },
          { name: 'after', success: true },
        ],
      },
    });
    const strict = await signalbox.call('strict', {});
    expect(strict.status).toBe(404);
    expect(await strict.json()).toMatchObject({
      success: false,
      errors: ['No webhook configuration found with the specified key'],
    });
  });

  it('undoes what its completed steps have done, the last first, when it stops for good', async () => {
    await chain('undoing', [making('undoA'), making('undoB'), lookUp('fails', 'nowhere')]);
    const response = await signalbox.call('undoing', {});
    expect(response.status).toBe(404);
    expect([await isThere('undoA'), await isThere('undoB')]).toEqual([false, false]);
    const execution = await signalbox.execution<Execution>(response.headers.get('x-execution-id'));
    expect(execution.status).toBe('failed');
    expect(execution.steps.map(({ name }) => name)).toEqual([
      'undoA',
      'undoB',
      'fails',
      'compensate undoB',
      'compensate undoA',
    ]);
  });
});

const stuck = (name: string, gate: string) => [
  {
    ...making(name),
    compensation: { commandName: 'ActivateWebHookConfigCommand', input: `={ id: ${gate} }` },
  },
  lookUp('fails', 'nowhere'),
];

describe('a compensation that fails', () => {
  it('is tried again by the queue, while its caller has the answer of the chain', async () => {
    const gate = await signalbox.createConfig('gate-late', { isEnabled: true });
    await chain('later-undone', stuck('laterMade', String(gate['id'])));
    const response = await signalbox.call('later-undone', {});
    expect(response.status).toBe(404);
    const id = response.headers.get('x-execution-id');
    expect(await signalbox.execution<Execution>(id)).toMatchObject({ status: 'received', answer: null });
    // It fails while the gate is active already; the next try comes after five seconds.
    await signalbox.command('DeactivateWebHookConfigCommand', { id: gate['id'] });
    const execution = await ended(id);
    expect(execution).toMatchObject({ status: 'failed' });
    expect(execution.steps.map(({ name, output }) => [name, output.success])).toEqual([
      ['laterMade', true],
      ['fails', false],
      ['compensate laterMade', true],
    ]);
  }, 30_000);

  it('until its tries are used up leaves the run dead, with that for a reason', async () => {
    await chain('never-undone', stuck('neverMade', '999999'), { responseMode: 'async', retry: soon });
    const execution = await ended((await signalbox.call('never-undone', {})).headers.get('x-execution-id'));
    expect(execution).toMatchObject({ status: 'dead', code: 'chain.compensation-incomplete' });
    expect(await isThere('neverMade')).toBe(true);
  });
});

describe('an asynchronous chain', () => {
  it('is tried again from the step that failed', async () => {
    await chain(
      'resuming',
      [
        { ...making('resumeA'), compensation: undefined },
        {
          commandName: 'SendHttpRequestCommand',
          input: { method: 'GET', url: 'http://127.0.0.1:1/' },
          name: 'away',
        },
      ],
      { responseMode: 'async', retry: soon },
    );
    const execution = await ended((await signalbox.call('resuming', {})).headers.get('x-execution-id'));
    expect(execution).toMatchObject({ status: 'dead', attempt: 3, attempts: [{}, {}] });
    expect(execution.steps.map(({ name, output }) => [name, output.success])).toEqual([
      ['resumeA', true],
      ['away', false],
    ]);
    expect(await isThere('resumeA')).toBe(true);
  });

  it('that is cut off in its compensation goes on there after the restart, and undoes each step once', async () => {
    const dataFolder = mkdtempSync(join(tmpdir(), 'signalbox-chain-'));
    const first = await Signalbox.start({ dataFolder });
    await chain(
      'cut-off',
      [making('cutA'), making('cutB'), making('cutC'), lookUp('fails', 'nowhere')],
      { responseMode: 'async', retry: soon },
      first,
    );
    await first.stop();
    const site = { dataFolder, apiKey: first.apiKey };
    const cut = await startAgain(site, { NODE_ENV: 'test', SIGNALBOX_FAULT_POINT: 'compensation.done:2' });
    const id = (await cut.call('cut-off', {})).headers.get('x-execution-id');
    await untilEnded(cut);
    expect(cut.output).toContain('fault point compensation.done reached');
    const again = await startAgain(site);
    const execution = await ended(id, again);
    expect(execution).toMatchObject({ status: 'failed' });
    expect(execution.steps.map(({ name, output }) => [name, output.success])).toEqual([
      ['cutA', true],
      ['cutB', true],
      ['cutC', true],
      ['fails', false],
      ['compensate cutC', true],
      ['compensate cutB', true],
      ['compensate cutA', true],
    ]);
    for (const key of ['cutA', 'cutB', 'cutC']) expect(await isThere(key, again)).toBe(false);
    const { body } = await again.command<{ items: { attempt: number }[] }>(
      'GetWebHookExecutionListQuery',
      {},
    );
    expect(body.data.items).toHaveLength(1);
    await again.stop();
    rmSync(dataFolder, { recursive: true, force: true });
  }, 30_000);
});
