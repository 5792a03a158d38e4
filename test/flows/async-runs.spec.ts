import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CountingServer } from '../support/counting-server.ts';
import { Signalbox } from '../support/signalbox.ts';
import { until } from '../support/until.ts';

interface Execution {
  id: string;
  status: string;
  code: string | null;
  attempt: number;
  nextAttemptAt: string | null;
  attempts: { attempt: number; code: string; errors: string[] }[];
  answer: { status: number; body: string } | null;
  logs: { text: string }[];
  steps: { name: string }[];
}

let signalbox: Signalbox;

beforeAll(async () => {
  const env = { OUTBOUND_ALLOWED_NETWORKS: '127.0.0.0/8', SCRIPT_TIMEOUT_MS: '10000' };
  signalbox = await Signalbox.start({ env });
});

afterAll(() => signalbox.stop());

const ended = (id: string | null) =>
  until(async () => {
    const execution = await signalbox.execution<Execution>(id);
    return ['received', 'running'].includes(execution.status) ? null : execution;
  });

/** Follows a ticket until it gives something else than 202. */
const result = (location: string | null) =>
  until(async () => {
    const response = await fetch(`${signalbox.url}${location}`);
    if (response.status === 202) {
      expect(response.headers.get('retry-after')).toBe('1');
      return null;
    }
    return response;
  });

const soon = { maxAttempts: 3, initialSeconds: 0.01, factor: 1, maxSeconds: 1 };

describe('an asynchronous call', () => {
  it('is accepted with its execution and a ticket, runs, and the ticket then gives the answer as it is', async () => {
    await signalbox.createConfig('later', {
      responseMode: 'async',
      executionCode: `return respond({ status: 201, headers: { 'X-Made': 'yes' }, body: { n: context.body.n } });`,
    });
    const response = await signalbox.call('later', { n: 7 });
    expect(response.status).toBe(202);
    const executionId = response.headers.get('x-execution-id');
    expect(await response.json()).toEqual({
      success: true,
      data: { executionId, status: 'accepted' },
      message: 'Webhook accepted',
    });
    const location = response.headers.get('location');
    expect(location).toMatch(/^\/api\/webhooks\/results\/[\w-]{60,}$/);
    const answer = await result(location);
    expect(answer.status).toBe(201);
    expect(answer.headers.get('x-made')).toBe('yes');
    expect(answer.headers.get('content-security-policy')).toBe('sandbox');
    expect(await answer.json()).toEqual({ n: 7 });
    expect(await signalbox.execution<Execution>(executionId)).toMatchObject({
      status: 'succeeded',
      attempt: 1,
      attempts: [],
      answer: { status: 201 },
    });
  });

  it('is shown as running while it waits for somebody else', async () => {
    const slow = await CountingServer.start();
    const goOn = slow.hold('/slow');
    await signalbox.createConfig('slow-later', {
      responseMode: 'async',
      executionCode: `return doCmd('SendHttpRequestCommand', { method: 'GET', url: '${slow.url('/slow')}' }).success;`,
    });
    const response = await signalbox.call('slow-later', {});
    const id = response.headers.get('x-execution-id');
    await until(async () => ((await signalbox.execution<Execution>(id)).status === 'running' ? true : null));
    expect((await signalbox.execution<Execution>(id)).answer).toBeNull();
    goOn();
    expect(await ended(id)).toMatchObject({ status: 'succeeded', attempt: 1 });
    await slow.stop();
  });

  it('runs a native command, stored with its execution', async () => {
    await signalbox.createConfig('native-later', {
      responseMode: 'async',
      executionType: 0,
      commandName: 'CreateWebHookConfigCommand',
    });
    const response = await signalbox.call('native-later', {
      key: 'made-later',
      description: 'Made by a call',
      isEnabled: false,
      path: '/webhooks/made-later',
      action: 'POST',
      executionType: 2,
      executionCode: 'return 1;',
    });
    expect(response.status).toBe(202);
    const execution = await ended(response.headers.get('x-execution-id'));
    expect(execution).toMatchObject({ status: 'succeeded', steps: [{ name: 'CreateWebHookConfigCommand' }] });
    const answer = await result(response.headers.get('location'));
    expect(await answer.json()).toMatchObject({ success: true, data: { key: 'made-later' } });
  });

  it('that fails is tried again as its policy says, and is dead with its reason after the last try', async () => {
    await signalbox.createConfig('poison', {
      responseMode: 'async',
      retry: soon,
      executionCode: `console.log('tried'); throw new Error('Always');`,
    });
    const response = await signalbox.call('poison', {});
    expect(response.status).toBe(202);
    const execution = await ended(response.headers.get('x-execution-id'));
    expect(execution).toMatchObject({
      status: 'dead',
      code: 'script.threw',
      attempt: 3,
      nextAttemptAt: null,
      attempts: [
        { attempt: 1, code: 'script.threw', errors: ['Always'] },
        { attempt: 2, code: 'script.threw', errors: ['Always'] },
      ],
    });
    expect(execution.logs).toHaveLength(1);
    const answer = await result(response.headers.get('location'));
    expect(answer.status).toBe(500);
    expect(await answer.json()).toMatchObject({ success: false, errors: ['Always'], code: 'script.threw' });
  });

  it('shows when its next attempt is', async () => {
    await signalbox.createConfig('patient', {
      responseMode: 'async',
      retry: { maxAttempts: 2, initialSeconds: 1000, factor: 1, maxSeconds: 1000 },
      executionCode: `throw new Error('Not yet');`,
    });
    const response = await signalbox.call('patient', {});
    const waiting = await until(async () => {
      const execution = await signalbox.execution<Execution>(response.headers.get('x-execution-id'));
      return execution.nextAttemptAt === null ? null : execution;
    });
    expect(waiting).toMatchObject({ status: 'received', code: 'script.threw', answer: null });
    const seconds = (Date.parse(waiting.nextAttemptAt!) - Date.now()) / 1000;
    expect(seconds).toBeGreaterThan(780);
    expect(seconds).toBeLessThan(1201);
  });

  it('that asks for what cannot be is not tried again', async () => {
    await signalbox.createConfig('wrong', {
      responseMode: 'async',
      retry: soon,
      executionType: 0,
      commandName: 'ActivateWebHookConfigCommand',
    });
    const missing = await ended(
      (await signalbox.call('wrong', { id: 999_999 })).headers.get('x-execution-id'),
    );
    expect(missing).toMatchObject({ status: 'failed', attempt: 1, attempts: [] });
    const invalid = await ended((await signalbox.call('wrong', {})).headers.get('x-execution-id'));
    expect(invalid).toMatchObject({ status: 'failed', code: 'bus.validation-failed', attempt: 1 });
  });

  it('goes on where it was: what succeeded is not done again, what failed is', async () => {
    await signalbox.createConfig('steps', {
      responseMode: 'async',
      // The first try has to be seen, and what it misses made, before the last.
      retry: { ...soon, maxAttempts: 100, initialSeconds: 0.2 },
      executionCode: `
        const make = (key) => doCmd('CreateWebHookConfigCommand', { key, description: 'Made', isEnabled: false,
          path: '/webhooks/' + key, action: 'POST', executionType: 2, executionCode: 'return 1;' });
        const first = make('once-first');
        const check = doCmd('LookupWebHookByKeyCommand', { key: 'appears-later' });
        if (!first.success || !check.success) throw new Error('Not yet: ' + first.message);
        const second = make('once-second');
        return [first.data.key, second.data.key];`,
    });
    const response = await signalbox.call('steps', {});
    const id = response.headers.get('x-execution-id');
    await until(async () => ((await signalbox.execution<Execution>(id)).attempts.length > 0 ? true : null));
    await signalbox.createConfig('appears-later');
    const answer = await result(response.headers.get('location'));
    expect(await answer.json()).toMatchObject({ success: true, data: ['once-first', 'once-second'] });
    const execution = await signalbox.execution<Execution>(id);
    expect(execution.attempt).toBeGreaterThan(1);
    expect(execution.steps.map(({ name }) => name)).toEqual([
      'CreateWebHookConfigCommand',
      'LookupWebHookByKeyCommand',
      'CreateWebHookConfigCommand',
    ]);
  });
});

describe('a ticket', () => {
  it.each(['x', '', 'a'.repeat(300), '%2e%2e', 'exe_01a2007d-3c11-7000-8b52-5d0e8f6a7b90'])(
    'that was not given out (%s) is unknown',
    async (ticket) => {
      const response = await fetch(`${signalbox.url}/api/webhooks/results/${ticket}`);
      expect(response.status).toBe(404);
      expect(await response.json()).toMatchObject({ code: 'webhook.not-found' });
    },
  );

  it('with any letter changed is unknown', async () => {
    await signalbox.createConfig('ticketed', { responseMode: 'async' });
    const location = (await signalbox.call('ticketed', {})).headers.get('location')!;
    expect((await result(location)).status).toBe(200);
    for (let at = '/api/webhooks/results/'.length; at < location.length; at += 5) {
      const changed = location.slice(0, at) + (location[at] === 'A' ? 'B' : 'A') + location.slice(at + 1);
      expect((await fetch(`${signalbox.url}${changed}`)).status).toBe(404);
    }
  });
});

describe('a synchronous call that takes too long', () => {
  it('is answered with a ticket at its deadline, and goes on', async () => {
    await signalbox.createConfig('gate', {
      executionCode: `return doCmd('LookupWebHookByKeyCommand', { key: 'open' }).success;`,
    });
    await signalbox.createConfig('slow', {
      timeoutMs: 100,
      executionCode: `
        const end = Date.now() + 2_000;
        while (Date.now() < end);
        return { done: context.body.n };`,
    });
    const response = await signalbox.call('slow', { n: 5 });
    expect(response.status).toBe(202);
    const answer = await result(response.headers.get('location'));
    expect(answer.status).toBe(200);
    expect(await answer.json()).toMatchObject({ success: true, data: { done: 5 } });
    expect(await signalbox.execution<Execution>(response.headers.get('x-execution-id'))).toMatchObject({
      status: 'succeeded',
      answer: { status: 200 },
    });
  });

  it('and fails then has its failure for an answer, and is not tried again', async () => {
    await signalbox.createConfig('slow-failure', {
      timeoutMs: 100,
      executionCode: `
        const end = Date.now() + 2_000;
        while (Date.now() < end);
        throw new Error('In the end');`,
    });
    const response = await signalbox.call('slow-failure', {});
    expect(response.status).toBe(202);
    const answer = await result(response.headers.get('location'));
    expect(answer.status).toBe(500);
    expect(await ended(response.headers.get('x-execution-id'))).toMatchObject({
      status: 'failed',
      attempt: 1,
    });
  });
});

describe('a configuration that runs one call at a time', () => {
  it('runs synchronous ones one after the other', async () => {
    await signalbox.createConfig('narrow', {
      maxConcurrency: 1,
      executionCode: `const end = Date.now() + 50; while (Date.now() < end); return [end - 50, Date.now()];`,
    });
    const answers = await Promise.all(Array.from({ length: 8 }, () => signalbox.call('narrow', {})));
    const spans = await Promise.all(
      answers.map(async (answer) => ((await answer.json()) as { data: [number, number] }).data),
    );
    spans.sort(([a], [b]) => a - b);
    for (const [index, [from]] of spans.entries())
      if (index > 0) expect(from).toBeGreaterThanOrEqual(spans[index - 1]![1]);
  });
});

describe('a rate limit', () => {
  it('refuses what comes above it, and says when to come again', async () => {
    await signalbox.createConfig('rated', { rateLimit: { perSecond: 0.01, burst: 3 } });
    const statuses = [];
    for (let call = 0; call < 5; call++) statuses.push((await signalbox.call('rated', {})).status);
    expect(statuses).toEqual([200, 200, 200, 429, 429]);
    const refused = await signalbox.call('rated', {});
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(50);
    expect(await refused.json()).toMatchObject({ success: false, code: 'webhook.rate-exceeded' });
  });
});
