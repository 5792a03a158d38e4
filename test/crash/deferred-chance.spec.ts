import { afterAll, beforeAll, expect, it } from 'vitest';
import { CountingServer } from '../support/counting-server.ts';
import { Signalbox } from '../support/signalbox.ts';
import { until } from '../support/until.ts';
import { startAgain } from './kill-rounds.ts';

const env = { OUTBOUND_ALLOWED_NETWORKS: '127.0.0.0/8' };
let other: CountingServer;

beforeAll(async () => {
  other = await CountingServer.start();
});
afterAll(() => other.stop());

it('a synchronous script that outlived its deadline draws after a crash what it drew before', async () => {
  const first = await Signalbox.start({ env });
  await first.createConfig('drawing', {
    timeoutMs: 500,
    executionCode: `
      const drawn = [crypto.randomUUID(), Math.random()];
      doCmd('PublishEventCommand', { type: 'chance.drawn', payload: { drawn } });
      doCmd('SendHttpRequestCommand', { method: 'POST', url: '${other.url('/slow')}', timeoutMs: 60_000 });
      return drawn;`,
  });
  const goOn = other.hold('/slow');
  const response = await first.call('drawing', {});
  expect(response.status).toBe(202);
  await first.kill();
  const next = await startAgain({ dataFolder: first.dataFolder, apiKey: first.apiKey }, env);
  goOn();
  const ended = await until(async () => {
    const execution = await next.execution<{ status: string; answer: { body: string } }>(
      response.headers.get('x-execution-id'),
    );
    return ['received', 'running'].includes(execution.status) ? null : execution;
  });
  expect(ended.status).toBe('succeeded');
  const { body } = await next.command<{ items: { payload: { drawn: unknown } }[] }>('GetEventListQuery', {});
  expect(body.data.items.map(({ payload }) => payload.drawn)).toEqual([
    (JSON.parse(ended.answer.body) as { data: unknown }).data,
  ]);
  await next.stop();
}, 60_000);
