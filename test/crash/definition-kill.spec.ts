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
  attempt: number;
  answer: { body: string } | null;
}

const env = { OUTBOUND_ALLOWED_NETWORKS: '127.0.0.0/8' };
const retry = { maxAttempts: 3, initialSeconds: 0.5, factor: 1, maxSeconds: 1 };
let site: CrashSite;
let other: CountingServer;

/** Sends thrice, and tells what it drew by chance and when. */
const ordering = `
  const send = (path) => {
    const sent = doCmd('SendHttpRequestCommand', { method: 'POST', url: context.input.url + path });
    if (!sent.success) throw new Error(sent.errors[0]);
  };
  const began = Date.now();
  send('/a');
  const drawn = [Math.random(), crypto.randomUUID()];
  doCmd('PublishEventCommand', { type: 'order.drawn', payload: { url: context.input.url, drawn, took: context.input.isTimeless || Date.now() - began } });
  send('/b');
  send('/c');
  return drawn;`;
const viaAnother = `
  const { success, data, errors } = doCmd('OrderCommand', context.input);
  if (!success) throw new Error(errors[0]);
  return data;`;

const asScript = (name: string) => ({
  executionCode: `const { success, data, errors } = doCmd('${name}', context.body); if (!success) throw new Error(errors[0]); return data;`,
});

beforeAll(async () => {
  other = await CountingServer.start();
  const dataFolder = mkdtempSync(join(tmpdir(), 'signalbox-definition-crash-'));
  const signalbox = await Signalbox.start({ dataFolder, env });
  const inputSchema = { properties: { url: { type: 'string' }, isTimeless: { type: 'boolean' } } };
  for (const [name, executionCode] of [
    ['OrderCommand', ordering],
    ['OuterCommand', viaAnother],
  ])
    await signalbox.command('CreateCommandDefinitionCommand', {
      name,
      description: 'd',
      permission: 'webhooks:read',
      inputSchema,
      executionCode,
    });
  const isAsync = { responseMode: 'async', retry };
  await signalbox.createConfig('script', { ...asScript('OrderCommand'), ...isAsync });
  await signalbox.createConfig('nested', { ...asScript('OuterCommand'), ...isAsync });
  await signalbox.createConfig('native', { executionType: 0, commandName: 'OrderCommand', ...isAsync });
  const commandChain = [
    { commandName: 'GetWebHookConfigListQuery', input: {} },
    { commandName: 'OrderCommand' },
  ];
  await signalbox.createConfig('chain', { executionType: 1, commandChain, ...isAsync });
  await signalbox.createConfig('sync', { ...asScript('OuterCommand'), timeoutMs: 500 });
  await signalbox.stop();
  site = { dataFolder, apiKey: signalbox.apiKey };
});

afterAll(async () => {
  await other.stop();
  rmSync(site.dataFolder, { recursive: true, force: true });
});

async function ended(signalbox: Signalbox, key: string): Promise<Execution> {
  const id = await until(async () => {
    const list = await signalbox.command<{ items: Execution[] }>('GetWebHookExecutionListQuery', { key });
    const [latest] = list.body.data.items;
    return !latest || ['received', 'running'].includes(latest.status) ? null : latest.id;
  });
  return await signalbox.execution<Execution>(id);
}

/** What the run drew each time it got that far: once on record, and given to its caller. */
async function drawn(signalbox: Signalbox, url: string): Promise<unknown[]> {
  const { body } = await signalbox.command<{ items: { payload: { url: string; drawn: unknown } }[] }>(
    'GetEventListQuery',
    { pageSize: 100 },
  );
  return body.data.items.filter(({ payload }) => payload.url === url).map(({ payload }) => payload.drawn);
}

describe('a server killed while a defined command is run by', () => {
  it.each([
    ['script', 1],
    ['script', 2],
    ['script', 3],
    ['nested', 3],
    ['nested', 5],
    ['native', 2],
    ['chain', 2],
  ])(
    'a %s, after call %i within it, repeats none of its calls',
    async (key, nth) => {
      const folder = `/${key}-${nth}`;
      const url = other.url(folder);
      const point = `call-within.recorded:${nth}`;
      const first = await startAgain(site, { ...env, NODE_ENV: 'test', SIGNALBOX_FAULT_POINT: point });
      await first.call(key, { url }).catch(() => null);
      await untilEnded(first);
      expect(first.output).toContain('fault point call-within.recorded reached');
      const next = await startAgain(site, env);
      const execution = await ended(next, key);
      expect(execution).toMatchObject({ status: 'succeeded', attempt: 1 });
      expect(other.counts(`${folder}/`)).toEqual({ a: 1, b: 1, c: 1 });
      expect(await drawn(next, url)).toHaveLength(1);
      await next.stop();
    },
    60_000,
  );
});

it('a call of a defined command that a kill cut off is repeated with the same key, made of the outer one', async () => {
  const url = other.url('/cut');
  const goOn = other.hold('/cut/b');
  const first = await startAgain(site, env);
  await first.call('nested', { url });
  await until(() => Promise.resolve(other.hits.includes('/cut/b') || null));
  await first.kill();
  const next = await startAgain(site, env);
  goOn();
  const { id, status, answer } = await ended(next, 'nested');
  expect(status).toBe('succeeded');
  expect(other.counts('/cut/')).toEqual({ a: 1, b: 2, c: 1 });
  const keys = other.keys.filter((_key, index) => other.hits[index]!.startsWith('/cut/'));
  expect(keys).toEqual([`${id}/1.1.1`, `${id}/1.1.3`, `${id}/1.1.3`, `${id}/1.1.4`]);
  expect(await drawn(next, url)).toEqual([(JSON.parse(answer!.body) as { data: unknown }).data]);
  await next.stop();
}, 60_000);

it('a synchronous run that outlived its deadline goes on within its defined command', async () => {
  const url = other.url('/late');
  const goOn = other.hold('/late/b');
  const first = await startAgain(site, env);
  const response = await first.call('sync', { url, isTimeless: true });
  expect(response.status).toBe(202);
  await until(() => Promise.resolve(other.hits.includes('/late/b') || null));
  await first.kill();
  const next = await startAgain(site, env);
  goOn();
  const { status, answer } = await ended(next, 'sync');
  expect(status).toBe('succeeded');
  expect(other.counts('/late/')).toEqual({ a: 1, b: 2, c: 1 });
  expect(await drawn(next, url)).toEqual([(JSON.parse(answer!.body) as { data: unknown }).data]);
  await next.stop();
}, 60_000);

it('a further try makes the calls of a defined command anew from the one that failed', async () => {
  other.broken.add('/again/b');
  const signalbox = await startAgain(site, env);
  await signalbox.call('nested', { url: other.url('/again') });
  await until(() => Promise.resolve(other.hits.includes('/again/b') || null));
  other.broken.clear();
  const { id, status, attempt } = await ended(signalbox, 'nested');
  expect([status, attempt]).toEqual(['succeeded', 2]);
  expect(other.counts('/again/')).toEqual({ a: 1, b: 2, c: 1 });
  const keys = other.keys.filter((_key, index) => other.hits[index]!.startsWith('/again/'));
  expect(keys.slice(1)).toEqual([`${id}/1.1.3`, `${id}/2/1.1.3`, `${id}/2/1.1.4`]);
  await signalbox.stop();
}, 60_000);
