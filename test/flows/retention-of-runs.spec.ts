import { afterEach, describe, expect, it } from 'vitest';
import { Retention } from '../../src/platform/retention.ts';
import { count, daysLater, moveOn, startAging } from '../support/aging.ts';
import type { InProcess } from '../support/in-process.ts';
import { until } from '../support/until.ts';

let server: InProcess;

afterEach(() => server.stop());

async function start(): Promise<void> {
  server = await startAging();
}

const counts = async () => [await count(server, 'idempotency_keys'), await count(server, 'execution_calls')];
const keyed = { idempotency: { key: '=request.body.event', windowSeconds: 11 * 86_400 } };
const failing = `doCmd('LookupWebHookByKeyCommand', { key: 'x' }); throw new Error('Not yet');`;

/** @returns the id of the execution. */
const event = (n: number) => server.call('keyed', { event: `evt_${n}` });

describe('retention', () => {
  it('keeps an idempotency key, and what a failed run of it had done, until the window is over', async () => {
    await start();
    await server.createConfig('keyed', { ...keyed, executionCode: failing });
    const first = await event(1);
    expect(await counts()).toEqual([1, 1]);
    await daysLater(server, 10);
    expect(await counts()).toEqual([1, 1]);
    expect(await event(1)).toBe(first);
    await daysLater(server, 2);
    // Those of two attempts, as long as their execution.
    expect(await counts()).toEqual([0, 2]);
    expect(await event(1)).not.toBe(first);
    await daysLater(server, 42);
    expect(await counts()).toEqual([0, 0]);
    expect([await count(server, 'executions'), await count(server, 'payload_packs')]).toEqual([0, 0]);
  });

  it('keeps them for longer while the run goes on', async () => {
    await start();
    // A fifth less or more: not before the twelfth day.
    const retry = { maxAttempts: 2, initialSeconds: 1_300_000, factor: 1, maxSeconds: 1_300_000 };
    await server.createConfig('keyed', { ...keyed, retry, responseMode: 'async', executionCode: failing });
    const first = await event(1);
    await until(async () => ((await count(server, 'execution_calls')) === 1 ? true : null));
    await until(async () => {
      const { body } = await server.command<{ nextAttemptAt: string | null }>(
        'GetWebHookExecutionByIdQuery',
        {
          id: first,
        },
      );
      return body.data.nextAttemptAt;
    });
    // Not in one step: the run is due by then.
    const sweep = server.app.get(Retention);
    moveOn(11.4);
    await sweep.run();
    expect(await count(server, 'queue_jobs')).toBe(1);
    expect(await counts()).toEqual([1, 1]);
    expect(await event(1)).toBe(first);
  });

  it('deletes events with their payloads after thirty days, and no younger ones', async () => {
    await start();
    const publish = (n: number) =>
      server.command('PublishEventCommand', {
        type: 'order.paid',
        payload: { n },
        idempotencyKey: `evt_${n}`,
      });
    for (let n = 0; n < 3; n++) await publish(n);
    await daysLater(server, 29);
    expect(await count(server, 'events')).toBe(3);
    await publish(3);
    await daysLater(server, 2);
    expect(await count(server, 'events')).toBe(1);
    const { body } = await server.command<{ items: { payload: unknown }[] }>('GetEventListQuery', {});
    expect(body.data.items).toMatchObject([{ payload: { n: 3 } }]);
    await daysLater(server, 40);
    expect([await count(server, 'events'), await count(server, 'payload_packs')]).toEqual([0, 0]);
  });
});
