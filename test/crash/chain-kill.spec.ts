import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CountingServer } from '../support/counting-server.ts';
import { Signalbox } from '../support/signalbox.ts';
import { until } from '../support/until.ts';
import { type CrashSite, startAgain, untilEnded } from './kill-rounds.ts';

interface Execution {
  id: string;
  status: string;
  code: string | null;
}

const env = { OUTBOUND_ALLOWED_NETWORKS: '127.0.0.0/8' };
let site: CrashSite;
let other: CountingServer;

/** Sends to a place below the address that the call names. */
const send = (path: string) => ({
  commandName: 'SendHttpRequestCommand',
  input: `={method: "POST", url: request.body.url + "/${path}"}`,
});
const step = (name: string) => ({ name, ...send(name), compensation: send(`undo-${name}`) });
/** Three steps, and a fourth that cannot be. */
const commandChain = [
  step('a'),
  step('b'),
  { ...step('c'), condition: '=steps.b.success' },
  { commandName: 'ActivateWebHookConfigCommand', input: { id: 999_999 } },
];
const retry = { maxAttempts: 5, initialSeconds: 0.01, factor: 1, maxSeconds: 1 };

beforeAll(async () => {
  other = await CountingServer.start();
  const dataFolder = mkdtempSync(join(tmpdir(), 'signalbox-chain-crash-'));
  const signalbox = await Signalbox.start({ dataFolder, env });
  await signalbox.createConfig('sync', { executionType: 1, commandChain });
  await signalbox.createConfig('async', { executionType: 1, commandChain, responseMode: 'async', retry });
  await signalbox.stop();
  site = { dataFolder, apiKey: signalbox.apiKey };
});

afterAll(async () => {
  await other.stop();
  rmSync(site.dataFolder, { recursive: true, force: true });
});

const once = ['a', 'b', 'c', 'undo-c', 'undo-b', 'undo-a'];
const hitsOf = (folder: string) =>
  other.hits.filter((path) => path.startsWith(`${folder}/`)).map((path) => path.slice(folder.length + 1));

/** One call into a process that ends at the point; how it ended in the next process. */
async function killedAt(point: string, key: string, folder: string): Promise<Execution> {
  const first = await startAgain(site, { ...env, NODE_ENV: 'test', SIGNALBOX_FAULT_POINT: point });
  await first.call(key, { url: other.url(folder) }).catch(() => null);
  await untilEnded(first);
  expect(first.output).toContain(`fault point ${point.split(':')[0]} reached`);
  const next = await startAgain(site, env);
  const ended = await until(async () => {
    const list = await next.command<{ items: Execution[] }>('GetWebHookExecutionListQuery', { key });
    const [latest] = list.body.data.items;
    return !latest || ['received', 'running'].includes(latest.status) ? null : latest;
  }, 200);
  await next.stop();
  return ended;
}

const undoing = ['compensation.done:1', 'compensation.done:2', 'compensation.done:3'];
const ending = ['commit.before', 'outcome.committed'];

describe.each([
  ['sync', ['deferred.committed', 'during-run:5', 'during-run:7', ...undoing, ...ending]],
  [
    'async',
    ['accepted.committed', 'call.recorded:3', 'call.recorded:4', 'during-run:4', ...undoing, ...ending],
  ],
])('a server killed in the %s run of a chain that stops for good', (key, points) => {
  it.each(points)(
    'at %s has each step done and undone once, in order',
    async (point) => {
      const folder = `/${key}-${point.replace(':', '-')}`;
      expect(await killedAt(point, key, folder)).toMatchObject({
        status: 'failed',
        code: 'webhook-config.not-found',
      });
      expect(hitsOf(folder)).toEqual(once);
    },
    60_000,
  );
});

describe.each(['sync', 'async'])('a server killed after a compensation of a %s chain has failed', (key) => {
  it('tries that one again and no other', async () => {
    const folder = `/${key}-retry`;
    other.broken.add(`${folder}/undo-b`);
    const ended = killedAt('retry.committed', key, folder);
    await until(() => Promise.resolve(hitsOf(folder).includes('undo-b') ? true : null));
    other.broken.clear();
    expect(await ended).toMatchObject({ status: 'failed', code: 'webhook-config.not-found' });
    expect(hitsOf(folder)).toEqual(['a', 'b', 'c', 'undo-c', 'undo-b', 'undo-b', 'undo-a']);
  }, 60_000);
});
