import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CountingServer } from '../support/counting-server.ts';
import { readMetrics, valueOf } from '../support/metrics-text.ts';
import { Signalbox } from '../support/signalbox.ts';
import { until } from '../support/until.ts';

const TOKEN = 'a-token-of-this-test';
let signalbox: Signalbox;
let elsewhere: CountingServer;

beforeAll(async () => {
  elsewhere = await CountingServer.start();
  signalbox = await Signalbox.start({
    env: { METRICS_TOKEN: TOKEN, OUTBOUND_ALLOWED_NETWORKS: '127.0.0.1/32', SCRIPT_TIMEOUT_MS: '400' },
  });
});
afterAll(async () => {
  await signalbox.stop();
  await elsewhere.stop();
});

function get(headers: Record<string, string>, method = 'GET'): Promise<Response> {
  return fetch(`${signalbox.url}/metrics`, { method, headers });
}

async function text(): Promise<string> {
  return await (await get({ Authorization: `Bearer ${TOKEN}` })).text();
}

/** The value of a series now. */
async function value(series: string): Promise<number> {
  return valueOf(await text(), series);
}

/** All series of ours. */
async function ourSeries(): Promise<string[]> {
  const series = [...readMetrics(await text()).values()].flatMap(({ values }) => [...values.keys()]);
  return series.filter((each) => each.startsWith('signalbox_'));
}

function call(key: string, body: unknown = {}): Promise<string> {
  return signalbox.call(key, body).then((answer) => answer.text());
}

/** Has a script send something. */
function send(url: string): () => Promise<string> {
  return () => call('sends', { url });
}

function untilTrue(look: () => Promise<boolean>): Promise<unknown> {
  return until(async () => (await look()) || null);
}

/** Waits until a series has grown by as much as something did to it. */
async function grows(series: string, by: number, work: () => Promise<unknown>): Promise<void> {
  const before = await value(series);
  await work();
  await untilTrue(async () => (await value(series)) >= before + by);
  expect(await value(series)).toBe(before + by);
}

describe('/metrics', () => {
  it('is readable with the token only', async () => {
    const missing = await get({});
    expect(missing.status).toBe(401);
    expect(missing.headers.get('www-authenticate')).toBe('Bearer');
    expect(await missing.json()).toMatchObject({ success: false, code: 'access.credentials-missing' });
    for (const token of [`${TOKEN}x`, TOKEN.slice(0, -1), '', signalbox.apiKey]) {
      const refused = await get({ Authorization: `Bearer ${token}` });
      expect(refused.status).toBe(401);
      expect(refused.headers.get('www-authenticate')).toBe('Bearer error="invalid_token"');
      expect(await refused.text()).not.toContain(TOKEN);
    }
    expect((await get({ 'X-API-Key': signalbox.apiKey })).status).toBe(401);
  });

  it('answers with the text format, which nobody may keep', async () => {
    const answer = await get({ Authorization: `Bearer ${TOKEN}` });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(answer.headers.get('cache-control')).toBe('no-store');
    for (const [name, { type, help }] of readMetrics(await answer.text())) {
      expect([name, type, help]).toStrictEqual([
        name,
        expect.stringMatching(/^(counter|gauge|histogram)$/),
        expect.stringMatching(/\w/),
      ]);
      expect(name).toMatch(/^(signalbox|process|nodejs)_[a-z0-9_]+$/);
      if (name.startsWith('signalbox_')) expect(type === 'counter').toBe(name.endsWith('_total'));
    }
  });

  it('answers HEAD without a body, and no other method', async () => {
    const head = await get({ Authorization: `Bearer ${TOKEN}` }, 'HEAD');
    expect(head.status).toBe(200);
    expect(await head.text()).toBe('');
    expect((await get({}, 'HEAD')).status).toBe(401);
    expect((await get({ Authorization: `Bearer ${TOKEN}` }, 'POST')).status).toBe(404);
  });

  it('is open to everybody without METRICS_TOKEN', async () => {
    const open = await Signalbox.start();
    const answer = await fetch(`${open.url}/metrics`);
    expect(answer.status).toBe(200);
    // Nobody has given it a script.
    expect(valueOf(await answer.text(), 'signalbox_script_workers')).toBe(1);
    await open.stop();
  });
});

describe('A webhook call counts', () => {
  beforeAll(async () => {
    await signalbox.createConfig('fine');
    await signalbox.createConfig('throws', { executionCode: 'throw new Error("no");' });
    await signalbox.createConfig('hangs', { executionCode: 'for (;;);' });
    await signalbox.createConfig('maps', { responseExpression: '={body: 1 + 1}' });
    await signalbox.createConfig('sends', {
      executionCode: 'return doCmd("SendHttpRequestCommand", { method: "GET", url: context.body.url });',
    });
  });

  it('by its answer, its duration and its status', async () => {
    const ended = 'signalbox_executions_ended_total';
    await grows('signalbox_webhook_requests_total{status="2xx"}', 1, () => call('fine'));
    await grows('signalbox_webhook_request_duration_seconds_count', 1, () => call('fine'));
    await grows('signalbox_execution_duration_seconds_bucket{le="+Inf"}', 1, () => call('fine'));
    await grows(`${ended}{status="succeeded"}`, 1, () => call('fine'));
    await grows('signalbox_webhook_requests_total{status="4xx"}', 1, () => call('nobody'));
    await grows(`${ended}{status="failed"}`, 1, () => call('throws'));
    const bad = { body: '{', headers: { 'Content-Type': 'application/json' } };
    await grows(`${ended}{status="rejected"}`, 1, () => signalbox.call('fine', null, bad));
    expect(valueOf(await text(), 'signalbox_webhook_requests_in_flight')).toBe(0);
  });

  it('where its script ends badly: why, and what became of the worker', async () => {
    await grows('signalbox_script_runs_total{outcome="returned"}', 1, () => call('fine'));
    await grows('signalbox_script_runs_total{outcome="threw"}', 1, () => call('throws'));
    await grows('signalbox_script_runs_total{outcome="running-time"}', 1, () => call('hangs'));
    await grows('signalbox_script_worker_kills_total{reason="running-time"}', 1, () => call('hangs'));
    await grows('signalbox_expression_evaluations_total{outcome="done"}', 1, () => call('maps'));
  });

  it('where it reaches out: the command, the request and its duration', async () => {
    const commands = 'signalbox_commands_total{type="SendHttpRequestCommand",outcome="succeeded"}';
    await grows(commands, 1, send(elsewhere.url('/a')));
    await grows('signalbox_outbound_requests_total{outcome="2xx"}', 1, send(elsewhere.url('/a')));
    await grows('signalbox_outbound_request_duration_seconds_count', 1, send(elsewhere.url('/a')));
    await grows('signalbox_outbound_requests_total{outcome="refused"}', 1, send('http://10.0.0.1/'));
    const failed = 'signalbox_commands_total{type="SendHttpRequestCommand",outcome="invalid"}';
    await grows(failed, 1, send('http://10.0.0.1/'));
  });

  it('and a test counts the queries that it runs, and no command that it only simulates', async () => {
    const executionCode = `
      doCmd('PublishEventCommand', { type: 'order.tried', payload: {} });
      return doCmd('GetWebHookConfigListQuery', {});`;
    const config = {
      key: 'tried',
      description: 'Tried',
      isEnabled: true,
      path: '/webhooks/tried',
      action: 'POST',
    };
    const test = { config: { ...config, executionType: 2, executionCode }, request: { body: {} } };
    await grows('signalbox_commands_total{type="GetWebHookConfigListQuery",outcome="succeeded"}', 1, () =>
      signalbox.command('TestWebHookConfigCommand', test),
    );
    expect(await text()).not.toContain('type="PublishEventCommand"');
  });

  it('while it waits: as unfinished, due or running, and as a retry', async () => {
    const open = elsewhere.hold('/held');
    await signalbox.createConfig('later', {
      responseMode: 'async',
      maxConcurrency: 1,
      executionCode: 'return doCmd("SendHttpRequestCommand", { method: "GET", url: context.body.url });',
    });
    await call('later', { url: elsewhere.url('/held') });
    await call('later', { url: elsewhere.url('/held') });
    await untilTrue(async () => (await value('signalbox_queue_jobs_running')) === 1);
    await untilTrue(async () => (await value('signalbox_queue_jobs_due')) === 1);
    await untilTrue(async () => (await value('signalbox_queue_oldest_due_age_seconds')) > 0);
    const waiting = await value('signalbox_executions_unfinished{status="received"}');
    expect(waiting + (await value('signalbox_executions_unfinished{status="running"}'))).toBe(2);
    open();
    await untilTrue(async () => (await value('signalbox_queue_jobs_due')) === 0);
    await untilTrue(async () => (await value('signalbox_queue_jobs_running')) === 0);
    expect(await value('signalbox_queue_oldest_due_age_seconds')).toBe(0);
    await signalbox.createConfig('tries', {
      responseMode: 'async',
      retry: { maxAttempts: 2, initialSeconds: 0, maxSeconds: 0 },
      executionCode: 'throw new Error("no");',
    });
    await grows('signalbox_queue_retries_total', 1, () => call('tries'));
  });

  it('with the commits that keep it', async () => {
    const before = await text();
    await call('fine');
    const series = [
      'commits_total{outcome="ok"}',
      'requests_total',
      'rows_total',
      'commit_duration_seconds_count',
    ];
    for (const each of series)
      await untilTrue(
        async () =>
          valueOf(await text(), `signalbox_write_${each}`) > valueOf(before, `signalbox_write_${each}`),
      );
  });
});

describe('The number of series', () => {
  it('grows with nothing that a caller makes up', async () => {
    await signalbox.command('MakeTeaCommand');
    await untilTrue(async () => (await text()).includes('type="unknown"'));
    await signalbox.createConfig('made-up-key');
    await untilTrue(async () => valueOf(await text(), 'signalbox_script_workers_busy') === 0);
    const before = await ourSeries();
    for (let n = 0; n < 5; n++) {
      await signalbox.createConfig(`made-up-${n}`, { path: `/webhooks/made-up/${n}` });
      await (await signalbox.call(`made-up-${n}`, {})).text();
      await signalbox.command(`MadeUp${n}Command`);
    }
    const last = 'signalbox_commands_total{type="unknown",outcome="invalid"}';
    await untilTrue(async () => valueOf(await text(), last) >= 6);
    expect(await ourSeries()).toStrictEqual(before);
  });

  it('has nothing in it that anybody keeps to himself', async () => {
    const shown = await text();
    for (const secret of [TOKEN, signalbox.apiKey, 'made-up', 'correct horse'])
      expect(shown).not.toContain(secret);
  });
});
