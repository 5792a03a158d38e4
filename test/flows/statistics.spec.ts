import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rowsOf } from '../support/database.ts';
import { Signalbox } from '../support/signalbox.ts';

interface Item {
  key: string;
  counts: Record<string, number>;
  durationMs: { p50: number | null };
}

let signalbox: Signalbox;

beforeAll(async () => {
  signalbox = await Signalbox.start({ env: { SCRIPT_WORKERS: '2' } });
});
afterAll(() => signalbox.stop());

/** The counts of a key by status, those that are not zero. */
async function countsOf(key: string): Promise<Record<string, number>> {
  const { body } = await signalbox.command<{ items: Item[] }>('GetWebHookStatisticsQuery', {
    key,
    unit: 'minute',
  });
  const sum: Record<string, number> = {};
  for (const { counts } of body.data.items)
    for (const [status, count] of Object.entries(counts))
      if (count > 0) sum[status] = (sum[status] ?? 0) + count;
  return sum;
}

/** The executions of a key by status, from the database itself. */
async function recordedOf(key: string): Promise<Record<string, number>> {
  const rows = await rowsOf<{ status: string; n: number }>(
    signalbox.dataFolder,
    'SELECT status, count(*) AS n FROM executions WHERE config_key = ? GROUP BY status',
    [key],
  );
  return Object.fromEntries(rows.map(({ status, n }) => [status, n]));
}

/** What is counted for a key, from the database itself. */
async function countedOf(dataFolder: string, key: string): Promise<unknown> {
  const query = 'SELECT sum(count) AS n FROM webhook_stats WHERE config_key = ?';
  return (await rowsOf(dataFolder, query, [key]))[0]!['n'];
}

describe('the statistics', () => {
  it('are exactly the executions of a thousand mixed calls, fifty at a time', async () => {
    const made = { executionType: 0, commandName: 'CreateWebHookConfigCommand' };
    await signalbox.createConfig('mixed', {
      executionCode: 'if (context.body.n % 5 === 0) throw new Error("no"); return context.body.n;',
    });
    await signalbox.createConfig('calling', {
      executionCode: 'return doCmd("DeleteWebHookConfigCommand", { id: 1000000 + context.body.n });',
    });
    await signalbox.createConfig('making', made);
    const keys = ['mixed', 'calling', 'making'];
    let n = 0;
    const caller = async () => {
      while (n < 1_000) {
        const own = n++;
        const body = own % 3 === 2 ? { ...configOf(`made-${own}`), ...(own % 2 && { key: '' }) } : { n: own };
        await (await signalbox.call(keys[own % 3]!, body)).arrayBuffer();
      }
    };
    await Promise.all(Array.from({ length: 50 }, caller));
    const counts = await Promise.all(keys.map(countsOf));
    expect(counts).toEqual(await Promise.all(keys.map(recordedOf)));
    expect(counts).toEqual([
      { succeeded: 267, failed: 67 },
      { succeeded: 333 },
      { succeeded: 167, failed: 166 },
    ]);
  }, 60_000);

  it('count a flood of refused calls whole, although few of them are recorded', async () => {
    await signalbox.createConfig('flooded', { allowableIPs: '10.0.0.1' });
    await Promise.all(
      Array.from({ length: 200 }, async () => (await signalbox.call('flooded', {})).arrayBuffer()),
    );
    const deadline = Date.now() + 10_000;
    let counts = await countsOf('flooded');
    while (counts['rejected'] !== 200 && Date.now() < deadline) {
      await sleep(50);
      counts = await countsOf('flooded');
    }
    expect(counts).toEqual({ rejected: 200 });
    expect((await recordedOf('flooded'))['rejected']).toBeLessThan(100);
    const { body } = await signalbox.command<{ items: Item[] }>('GetWebHookStatisticsQuery', {
      key: 'flooded',
    });
    for (const { durationMs } of body.data.items)
      expect(durationMs).toEqual({ p50: null, p95: null, p99: null });
  });

  it('of refused calls are written before the server stops', async () => {
    const dataFolder = mkdtempSync(join(tmpdir(), 'signalbox-counts-'));
    const first = await Signalbox.start({ dataFolder });
    await first.createConfig('late', { allowableIPs: '10.0.0.1' });
    await Promise.all(Array.from({ length: 60 }, async () => (await first.call('late', {})).arrayBuffer()));
    await first.stop();
    expect(await countedOf(dataFolder, 'late')).toBe(60);
    rmSync(dataFolder, { recursive: true, force: true });
  });
});

function configOf(key: string): Record<string, unknown> {
  return {
    key,
    description: 'made by a call',
    isEnabled: false,
    path: `/webhooks/${key}`,
    action: 'POST',
    executionType: 2,
    executionCode: 'return 1;',
  };
}
