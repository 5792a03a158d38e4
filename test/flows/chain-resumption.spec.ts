import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BesideAnother, startBesideAnother } from '../support/beside-another.ts';
import type { CountingServer } from '../support/counting-server.ts';
import type { Signalbox } from '../support/signalbox.ts';
import { until } from '../support/until.ts';

interface Execution {
  status: string;
  code: string | null;
  attempt: number;
  attempts: { attempt: number; code: string; errors: string[] }[];
  steps: { name: string; output: Record<string, unknown> }[];
}

let both: BesideAnother;
let signalbox: Signalbox;
let other: CountingServer;

beforeAll(async () => {
  both = await startBesideAnother();
  ({ signalbox, other } = both);
});
afterAll(() => both.stop());

const chain = (key: string, commandChain: object[], fields: object = {}) =>
  signalbox.createConfig(key, { executionType: 1, commandChain, ...fields });

const publish = (type: string) => ({ commandName: 'PublishEventCommand', input: { type, payload: {} } });
const send = (path: string) => ({
  commandName: 'SendHttpRequestCommand',
  input: { method: 'POST', url: other.url(path) },
});

const executionOf = (response: Response) =>
  signalbox.execution<Execution>(response.headers.get('x-execution-id'));

const ended = (response: Response) =>
  until(async () => {
    const execution = await executionOf(response);
    return ['received', 'running'].includes(execution.status) ? null : execution;
  });

const soon = { maxAttempts: 3, initialSeconds: 0.01, factor: 1, maxSeconds: 1 };

describe('a synchronous chain', () => {
  it('that takes longer than its caller waits is answered with a ticket, and ends all the same', async () => {
    const release = other.hold('/slow/second');
    await chain('slow', [send('/slow/first'), send('/slow/second'), publish('slow.done')], {
      timeoutMs: 300,
    });
    const response = await signalbox.call('slow', {});
    expect(response.status).toBe(202);
    release();
    const answer = await until(async () => {
      const found = await fetch(`${signalbox.url}${response.headers.get('location')}`);
      return found.status === 202 ? null : found;
    });
    expect(await answer.json()).toMatchObject({ data: { data: { type: 'slow.done' } } });
    expect(other.counts('/slow')).toEqual({ '/first': 1, '/second': 1 });
  });

  it('with an idempotency key runs once; one that failed goes on at the step that failed', async () => {
    const idempotency = { key: '=request.body.id' };
    await chain('keyed', [send('/keyed/first'), send('/keyed/second')], { idempotency });
    other.broken.add('/keyed/second');
    expect((await signalbox.call('keyed', { id: 'a' })).status).toBe(503);
    other.broken.clear();
    const second = await signalbox.call('keyed', { id: 'a' });
    expect(second.status).toBe(200);
    const third = await signalbox.call('keyed', { id: 'a' });
    expect(await third.text()).toBe(await second.text());
    expect(other.counts('/keyed')).toEqual({ '/first': 1, '/second': 2 });
  });
});

describe('an asynchronous chain', () => {
  it('is tried again at the step that failed: nothing before it is done or asked again', async () => {
    await chain(
      'retried',
      [
        { name: 'lost', ...send('/retried/lost'), onError: 'continue' },
        { name: 'first', ...send('/retried/first') },
        { name: 'skipped', condition: '=steps.lost.success', ...send('/retried/skipped') },
        {
          name: 'now',
          commandName: 'PublishEventCommand',
          input: '={type: "retried.now", payload: {at: string(now())}}',
        },
        { name: 'second', ...send('/retried/second') },
      ],
      { responseMode: 'async', retry: { ...soon, maxAttempts: 20, initialSeconds: 0.1 } },
    );
    other.broken.add('/retried/second').add('/retried/lost');
    const response = await signalbox.call('retried', {});
    await until(async () => ((await executionOf(response)).attempts.length > 1 ? true : null));
    other.broken.clear();
    const execution = await ended(response);
    expect(execution).toMatchObject({ status: 'succeeded', code: null });
    expect(execution.attempts[0]).toMatchObject({ attempt: 1, code: 'http-request.connection' });
    expect(execution.steps.map(({ name, output }) => [name, output['success']])).toEqual([
      ['lost', false],
      ['first', true],
      ['skipped', true],
      ['now', true],
      ['second', true],
    ]);
    const { '/second': tries, ...others } = other.counts('/retried');
    expect(others).toEqual({ '/lost': 1, '/first': 1 });
    expect(tries).toBe(execution.attempt);
  });

  it('that asks for what cannot be is not tried again', async () => {
    await chain('permanent', [{ commandName: 'ActivateWebHookConfigCommand', input: { id: 999_999 } }], {
      responseMode: 'async',
      retry: soon,
    });
    const execution = await ended(await signalbox.call('permanent', {}));
    expect(execution).toMatchObject({ status: 'failed', attempt: 1, code: 'webhook-config.not-found' });
  });
});
