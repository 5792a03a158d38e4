import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { databaseUrl, isPostgres } from '../support/database.ts';
import { Signalbox } from '../support/signalbox.ts';
import { TcpProxy } from '../support/tcp-proxy.ts';
import { until } from '../support/until.ts';
import { Cluster } from './cluster.ts';

let here: Signalbox;
let away: Signalbox;
let proxy: TcpProxy;

beforeAll(async () => {
  if (!isPostgres) return;
  here = await Signalbox.start();
  proxy = await TcpProxy.to(await databaseUrl(here.dataFolder));
  away = await Cluster.join(here, {
    env: { DATABASE_URL: proxy.url, REMITA_MERCHANT_ID: '2547916', REMITA_API_KEY: 'made up for this' },
  });
  await here.createConfig('asked', { executionCode: 'return 1;' });
  await until(async () => ((await away.call('asked', {})).status === 200 ? true : null));
});
afterAll(async () => {
  await away?.stop();
  await here?.stop();
  await proxy?.stop();
});

const times = <T>(n: number, make: (index: number) => Promise<T>) =>
  Promise.all(Array.from({ length: n }, (_, i) => make(i)));

describe.runIf(isPostgres)('An instance that stood still for longer than a second', () => {
  it('answers who called meanwhile, once it knows again what others have changed', async () => {
    const text = 'x'.repeat(300_000);
    await here.createConfig('measured', { executionCode: 'return context.body.text.length;' });
    await until(async () => ((await away.call('measured', { text })).status === 200 ? true : null));
    let good = 0;
    for (let round = 0; good < 5; round++) {
      expect(round).toBeLessThan(15);
      away.child.kill('SIGSTOP');
      const calls = times(4, () => away.call('measured', { text }));
      const commands = times(4, () => away.command('GetWebHookConfigListQuery'));
      const health = fetch(`${away.url}/health/live`);
      await new Promise((resolve) => setTimeout(resolve, 1_300));
      away.child.kill('SIGCONT');
      const answers = await calls;
      const statuses = [...answers, ...(await commands)].map(({ status }) => status);
      expect((await health).status).toBe(200);
      // This process stands for the database's connection: where it stood still itself, that was cut off for longer.
      if (statuses.includes(503)) continue;
      good += 1;
      expect(statuses).toEqual(statuses.map(() => 200));
      for (const response of answers) expect(await response.json()).toMatchObject({ data: text.length });
    }
  });
});

describe.runIf(isPostgres)('An instance that is cut off from the database', () => {
  it('answers 503 after a second, with when to come again, and nothing that it knew before', async () => {
    const { body } = await here.command<{ id: string; apiKey: string }>('CreateApiClientCommand', {
      name: 'taken back',
      role: 'viewer',
    });
    const headers = { 'X-API-Key': body.data.apiKey };
    const asked = () => away.command('GetWebHookConfigListQuery', {}, headers);
    await until(async () => ((await asked()).status === 200 ? true : null));
    proxy.close();
    const closedAt = performance.now();
    await here.command('UpdateApiClientCommand', { id: body.data.id, isEnabled: false });
    // Up to a second later it may answer as before; from then on it does not know what it may do.
    await until(async () => (performance.now() - closedAt > 1_300 ? true : null));
    const [query, webhook, provider, health] = await Promise.all([
      asked(),
      away.call('asked', {}),
      fetch(`${away.url}/api/webhooks/remita`, { method: 'POST', body: '[{"rrr":"1"}]' }),
      fetch(`${away.url}/health/ready`),
    ]);
    expect([query.status, query.body.code, query.headers.get('retry-after')]).toEqual([
      503,
      'database.cut-off',
      '1',
    ]);
    expect([webhook.status, health.status]).toEqual([503, 503]);
    // Each provider is told so in its own words.
    expect([provider.status, await provider.text(), provider.headers.get('retry-after')]).toEqual([
      503,
      'Not Ok',
      '1',
    ]);
    expect((await fetch(`${away.url}/health/live`)).status).toBe(200);
  });

  it('answers again by itself when the database is back, with what was changed meanwhile', async () => {
    const { body } = await here.command<{ items: Record<string, unknown>[] }>('GetWebHookConfigListQuery');
    await here.command('DeactivateWebHookConfigCommand', { id: body.data.items[0]!['id'] });
    proxy.open();
    const status = await until(async () => {
      const response = await away.call('asked', {});
      return response.status === 503 ? null : response.status;
    });
    expect(status).toBe(404);
  });
});
