import { afterEach, describe, expect, it, vi } from 'vitest';
import { ExecutionRetention } from '../../src/features/executions/execution-retention.ts';
import { ExecutionRecorder, type ReceivedExecution } from '../../src/features/executions/index.ts';
import { firstUuidAt } from '../../src/platform/ids.ts';
import { Retention } from '../../src/platform/retention.ts';
import { count, DAY_MS, daysLater, moveOn, startAging } from '../support/aging.ts';
import type { InProcess } from '../support/in-process.ts';
import { ended, received, recordEnd } from '../support/made-executions.ts';

let server: InProcess;

afterEach(() => server.stop());

async function start(): Promise<void> {
  server = await startAging();
}

/** Made past the generator, which never goes back. */
function idAt(epochMs: number, n = 0): string {
  return `exe_${firstUuidAt(epochMs)}-7000-8000-${String(n).padStart(12, '0')}`;
}

/** Records calls that have ended, all in few commits. */
async function recordMany(amount: number, fields: Partial<ReceivedExecution> = {}): Promise<void> {
  const recorder = server.app.get(ExecutionRecorder);
  await Promise.all(Array.from({ length: amount }, () => recordEnd(recorder, received(fields))));
}

/** Records calls of a day that has no partition: on PostgreSQL too they can only go row by row. */
async function recordOld(amount: number): Promise<void> {
  // The round of the start has another time, and what it does goes before.
  await server.app.get(Retention).run();
  const recorder = server.app.get(ExecutionRecorder);
  const receivedAt = Date.now() - 11 * DAY_MS;
  await Promise.all(
    Array.from({ length: amount }, (_, n) =>
      recordEnd(recorder, received({ id: idAt(receivedAt, n), receivedAt }), { finishedAt: receivedAt }),
    ),
  );
}

async function shown(id: string) {
  return (await server.command('GetWebHookExecutionByIdQuery', { id })).body.data;
}

describe('Retention', () => {
  it('deletes what ended more than EXECUTION_RETENTION_DAYS ago, with its payload, and nothing younger', async () => {
    await start();
    await server.createConfig('orders');
    await recordMany(700);
    await recordMany(650, { accountId: 'elsewhere' });
    const audits = await count(server, 'audit_log');
    await daysLater(server, 9);
    expect(await count(server, 'executions')).toBe(1350);
    const young = received();
    await recordEnd(server.app.get(ExecutionRecorder), young);
    await daysLater(server, 2);
    expect(await count(server, 'executions')).toBe(1);
    expect(await count(server, 'payload_packs')).toBe(1);
    expect(await shown(young.id)).toMatchObject({ request: { body: `body of ${young.id}` } });
    expect(await count(server, 'audit_log')).toBe(audits);
  });

  it('keeps what has not ended, however old, and one such holds on to its own pack only', async () => {
    await start();
    const recorder = server.app.get(ExecutionRecorder);
    const open = received();
    // In one commit: their payloads share a pack.
    await Promise.all([recorder.recordReceived(open), recordMany(50)]);
    for (let n = 0; n < 5; n++) await recordMany(1);
    await daysLater(server, 40);
    expect(await count(server, 'executions')).toBe(1);
    expect(await count(server, 'payload_packs')).toBe(1);
    expect(await shown(open.id)).toMatchObject({
      status: 'received',
      request: { body: `body of ${open.id}` },
    });

    await recordEnd(recorder, { ...open, request: null });
    await daysLater(server, 9);
    expect(await shown(open.id)).toMatchObject({
      status: 'succeeded',
      request: { body: `body of ${open.id}` },
      answer: { body: ended.answerBody },
    });
    await daysLater(server, 2);
    expect([await count(server, 'executions'), await count(server, 'payload_packs')]).toEqual([0, 0]);
  });

  it('begins with the start of the server and comes again every hour', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    try {
      await start();
      const old = idAt(Date.now() - 11 * DAY_MS);
      await recordEnd(server.app.get(ExecutionRecorder), received({ id: old }), { finishedAt: 1 });
      const { dataFolder } = server;
      await server.stop({ keepsFolder: true });
      server = await startAging(dataFolder);
      await vi.waitUntil(async () => (await count(server, 'executions')) === 0, {
        timeout: 10_000,
        interval: 10,
      });
      await recordMany(1);
      moveOn(11);
      // Again where the round before was still on its way. Not too soon: each has an hour of all other intervals with it.
      const hourLater = async () => {
        vi.advanceTimersByTime(3_600_000);
        return (await count(server, 'executions')) === 0;
      };
      await vi.waitUntil(hourLater, { timeout: 20_000, interval: 500 });
    } finally {
      vi.useRealTimers();
    }
  });

  it('is stopped by a stop, with the commit of the moment and no further one', async () => {
    await start();
    await recordOld(3_000);
    const round = server.app.get(Retention).run();
    await vi.waitUntil(async () => (await count(server, 'executions')) < 3_000, {
      timeout: 10_000,
      interval: 1,
    });
    const { dataFolder } = server;
    await server.stop({ keepsFolder: true });
    await round;
    server = await startAging(dataFolder);
    const left = await count(server, 'executions');
    expect(left).toBeGreaterThan(0);
    expect(left).toBeLessThan(3_000);
    // What a round left is what the next one begins with, and no pack is taken from it.
    expect(await count(server, 'payload_packs')).toBeGreaterThan(0);
  });

  it('takes a few hundred rows a commit, and calls come in between', async () => {
    await start();
    await server.createConfig('orders');
    await recordOld(1_000);
    const amounts: number[] = [];
    const before = Date.now() - 10 * DAY_MS;
    for await (const amount of server.app.get(ExecutionRetention).sweep({ now: Date.now(), before })) {
      amounts.push(amount);
      expect(await server.call('orders')).toMatch(/^exe_/);
    }
    expect(amounts).toEqual([300, 300, 300, 100]);
  });
});
