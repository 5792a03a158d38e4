import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Signalbox } from '../support/signalbox.ts';

let signalbox: Signalbox;

beforeAll(async () => {
  signalbox = await Signalbox.start({ env: { OUTBOUND_ALLOWED_NETWORKS: '127.0.0.1', SCRIPT_WORKERS: '2' } });
});
afterAll(() => signalbox.stop());

async function define(name: string, fields: object): Promise<void> {
  const { body } = await signalbox.command('CreateCommandDefinitionCommand', {
    name,
    description: name,
    permission: 'webhooks:read',
    inputSchema: { properties: { n: {} } },
    ...fields,
  });
  if (!body.success) throw new Error(JSON.stringify(body));
}

/** Calls the next one, and tells how many answered and what the last was refused with. */
const calling = (next: string) => ({
  executionCode: `
    const { success, data, code } = doCmd('${next}', {});
    return success ? { calls: data.calls + 1, code: data.code } : { calls: 1, code };`,
});

describe('A loop of defined commands', () => {
  it('ends where one calls itself, at the command endpoint and in a run', async () => {
    await define('SelfCommand', calling('SelfCommand'));
    const { body } = await signalbox.command('SelfCommand');
    expect(body.data).toEqual({ calls: 9, code: 'loop.detected' });
    await signalbox.createConfig('self', calling('SelfCommand'));
    expect(await (await signalbox.call('self', {})).json()).toMatchObject({
      data: { calls: 9, code: 'loop.detected' },
    });
  });

  it('ends where two call each other', async () => {
    await define('PingCommand', calling('PongCommand'));
    await define('PongCommand', calling('PingCommand'));
    expect((await signalbox.command('PingCommand')).body.data).toEqual({ calls: 9, code: 'loop.detected' });
  });

  it('ends where it goes by way of a webhook', async () => {
    await define('AroundCommand', {
      http: { method: 'POST', url: `${signalbox.url}/api/webhooks/dynamic/around`, timeoutMs: 60_000 },
    });
    await signalbox.createConfig('around', {
      executionType: 0,
      commandName: 'AroundCommand',
      timeoutMs: 60_000,
    });
    await signalbox.call('around', {});
    const { body } = await signalbox.command<{ items: { code: string | null }[] }>(
      'GetWebHookExecutionListQuery',
      { key: 'around', pageSize: 100 },
    );
    expect(body.data.items).toHaveLength(18);
    expect(body.data.items.map(({ code }) => code)).toContain('loop.detected');
  });

  it('cannot go by way of a test', async () => {
    await define('TestingCommand', {
      executionCode: `return doCmd('TestWebHookConfigCommand', { key: 'self', allowEffects: true }).code;`,
    });
    expect((await signalbox.command('TestingCommand')).body.data).toBe('webhook.test-in-run');
  });
});

describe('Defined commands that wait for one another', () => {
  beforeAll(async () => {
    await define('DeepestCommand', {
      executionCode: `return doCmd('GetWebHookConfigListQuery', {}).success;`,
    });
    await define('MiddleCommand', { executionCode: `return doCmd('DeepestCommand', {}).data;` });
    await define('OutermostCommand', { executionCode: `return doCmd('MiddleCommand', {}).data;` });
    for (let n = 0; n < 4; n += 1)
      await signalbox.createConfig(`crowd${n}`, {
        executionCode: `return [doCmd('OutermostCommand', {}).data, doCmd('OutermostCommand', {}).data];`,
        // On a slow machine the crowd takes longer than the default, and nobody is to get a ticket instead.
        timeoutMs: 60_000,
      });
  });

  it('take no process from each other, however many callers come at once', async () => {
    const callers = Array.from({ length: 120 }, async (_, n) => {
      const response = await signalbox.call(`crowd${n % 4}`, {});
      return [response.status, ((await response.json()) as { data: unknown }).data];
    });
    expect(await Promise.all(callers)).toEqual(callers.map(() => [200, [true, true]]));
  }, 60_000);

  it('nor those that are called without a run, nor a loop among them', async () => {
    const callers = Array.from({ length: 60 }, async (_, n) => {
      const { body } = await signalbox.command(n % 2 === 0 ? 'OutermostCommand' : 'SelfCommand');
      return body.data;
    });
    const expected = callers.map((_, n) => (n % 2 === 0 ? true : { calls: 9, code: 'loop.detected' }));
    expect(await Promise.all(callers)).toEqual(expected);
  }, 60_000);
});
