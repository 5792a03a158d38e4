import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Signalbox } from '../support/signalbox.ts';

interface Listed {
  id: string;
  payload: unknown;
  source: { callerId: string; executionId: string | null };
}

let dataFolder: string;
let signalbox: Signalbox;
let owner: unknown;

beforeAll(async () => {
  dataFolder = mkdtempSync(join(tmpdir(), 'signalbox-events-'));
  signalbox = await Signalbox.start({ dataFolder });
  const native = { executionType: 0, commandName: 'PublishEventCommand' };
  owner = (await signalbox.createConfig('publishing', native))['ownerId'];
  await signalbox.createConfig('scripted', {
    executionCode: `const published = doCmd('PublishEventCommand', { type: 'from.script', payload: context.body });
      if (context.body.fail) throw new Error('no');
      return published.data.id;`,
  });
});
afterAll(async () => {
  await signalbox.stop();
  rmSync(dataFolder, { recursive: true, force: true });
});

async function eventsOf(type: string): Promise<Listed[]> {
  const { body } = await signalbox.command<{ items: Listed[] }>('GetEventListQuery', { type });
  return body.data.items;
}

async function executionsOf(key: string): Promise<{ status: string; code: string | null }[]> {
  const { body } = await signalbox.command<{ items: { status: string; code: string | null }[] }>(
    'GetWebHookExecutionListQuery',
    { key },
  );
  return body.data.items.map(({ status, code }) => ({ status, code }));
}

/** One call into a server that dies at the point; afterwards it runs again on the same folder. */
async function callInto(point: string, type: string): Promise<void> {
  const { apiKey } = signalbox;
  await signalbox.stop();
  const doomed = await Signalbox.start({
    dataFolder,
    env: { ADMIN_API_KEY: apiKey, NODE_ENV: 'test', SIGNALBOX_FAULT_POINT: point },
  });
  const answer = await doomed.call('publishing', { type, payload: {} }).catch(() => null);
  expect(answer).toBeNull();
  signalbox = await Signalbox.start({ dataFolder, env: { ADMIN_API_KEY: apiKey } });
}

describe('an event that a webhook publishes', () => {
  it('names the execution and its owner, of a native command and of a script', async () => {
    const native = await signalbox.call('publishing', { type: 'from.native', payload: { n: 1 } });
    expect(native.status).toBe(200);
    expect(await eventsOf('from.native')).toMatchObject([
      { payload: { n: 1 }, source: { callerId: owner, executionId: native.headers.get('x-execution-id') } },
    ]);
    const scripted = await signalbox.call('scripted', { n: 2 });
    const { data } = (await scripted.json()) as { data: string };
    expect(await eventsOf('from.script')).toMatchObject([
      { id: data, payload: { n: 2 }, source: { executionId: scripted.headers.get('x-execution-id') } },
    ]);
  });

  it('stays published when the script fails later: each command is a commit of its own', async () => {
    await signalbox.call('scripted', { fail: true });
    expect(await eventsOf('from.script')).toMatchObject([{ payload: { fail: true } }, { payload: { n: 2 } }]);
  });

  it('is not there where its command was refused, and the execution says why', async () => {
    const event = { type: 'once', payload: { n: 1 }, idempotencyKey: 'once' };
    expect((await signalbox.call('publishing', event)).status).toBe(200);
    expect((await signalbox.call('publishing', event)).status).toBe(200);
    expect((await signalbox.call('publishing', { ...event, payload: { n: 2 } })).status).toBe(409);
    expect(await eventsOf('once')).toHaveLength(1);
    expect((await executionsOf('publishing'))[0]).toEqual({ status: 'failed', code: 'idempotency.mismatch' });
  });

  it('is one commit with the record of its call: a crash before it leaves neither, one after it both', async () => {
    const before = (await executionsOf('publishing')).length;
    await callInto('commit.before', 'crashed.before');
    expect(await eventsOf('crashed.*')).toEqual([]);
    expect(await executionsOf('publishing')).toHaveLength(before);
    await callInto('outcome.committed', 'crashed.after');
    expect(await eventsOf('crashed.*')).toHaveLength(1);
    const executions = await executionsOf('publishing');
    expect(executions).toHaveLength(before + 1);
    expect(executions[0]).toEqual({ status: 'succeeded', code: null });
  });
});
