import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BesideAnother, startBesideAnother } from '../support/beside-another.ts';
import type { CountingServer } from '../support/counting-server.ts';
import type { Signalbox } from '../support/signalbox.ts';
import { until } from '../support/until.ts';

interface Execution {
  status: string;
  code: string | null;
  attempt: number;
  finishedAt: string | null;
}

const retry = { maxAttempts: 3, initialSeconds: 0.01, factor: 1, maxSeconds: 1 };
let both: BesideAnother;
let signalbox: Signalbox;
let other: CountingServer;

beforeAll(async () => {
  both = await startBesideAnother();
  ({ signalbox, other } = both);
});
afterAll(() => both.stop());

async function events(type: string): Promise<number> {
  const { body } = await signalbox.command<{ items: unknown[] }>('GetEventListQuery', { type });
  return body.data.items.length;
}

const ended = (response: Response) =>
  until(async () => {
    const execution = await signalbox.execution<Execution>(response.headers.get('x-execution-id'));
    return execution.finishedAt === null ? null : execution;
  });

const publish = (key: string, fields: object) =>
  signalbox.createConfig(key, { executionType: 0, commandName: 'PublishEventCommand', ...fields });

describe('a native command whose answer is an expression', () => {
  it('is done once for an idempotency key, whatever the answer is', async () => {
    await publish('refusing', {
      idempotency: { key: '=request.body.payload.id' },
      responseExpression: '={status: 409}',
    });
    const ids = new Set<string | null>();
    for (let call = 0; call < 3; call++) {
      const response = await signalbox.call('refusing', { type: 'native.refusing', payload: { id: 'x' } });
      expect(response.status).toBe(409);
      ids.add(response.headers.get('x-execution-id'));
    }
    expect(ids.size).toBe(1);
    expect(await events('native.refusing')).toBe(1);
  });

  it('is done once in all attempts at an answer that cannot be given', async () => {
    await publish('unanswerable', { responseMode: 'async', retry, responseExpression: '={status: "bad"}' });
    const response = await signalbox.call('unanswerable', { type: 'native.unanswerable', payload: {} });
    expect(await ended(response)).toMatchObject({ status: 'dead', attempt: 3 });
    expect(await events('native.unanswerable')).toBe(1);
  });

  it('is done once where it acts outside', async () => {
    await signalbox.createConfig('sending', {
      executionType: 0,
      commandName: 'SendHttpRequestCommand',
      responseMode: 'async',
      retry,
      responseExpression: '={status: "bad"}',
    });
    const response = await signalbox.call('sending', { method: 'POST', url: other.url('/sending') });
    expect(await ended(response)).toMatchObject({ status: 'dead', attempt: 3 });
    expect(other.counts('/sending')).toEqual({ '': 1 });
  });
});

describe('a script that publishes and then tells the time', () => {
  it('is told the same time in each attempt, so that it goes on where it was', async () => {
    await signalbox.createConfig('timely', {
      idempotency: { key: '=request.body.id' },
      executionCode: `doCmd('PublishEventCommand', { type: 'native.timely', payload: {} });
        doCmd('SendHttpRequestCommand', { method: 'POST', url: '${other.url('/timely')}', body: String(Date.now()) });
        throw new Error('Not yet');`,
    });
    for (let key = 0; key < 5; key++)
      for (let call = 0; call < 3; call++) {
        const response = await signalbox.call('timely', { id: `k${key}` });
        expect(await response.json()).toMatchObject({ code: 'script.threw' });
      }
    expect(await events('native.timely')).toBe(5);
    expect(other.counts('/timely')).toEqual({ '': 5 });
  });
});

describe('a body that is no JSON', () => {
  const literal = { commandName: 'PublishEventCommand', input: { type: 'native.literal', payload: {} } };
  it.each([
    ['an asynchronous script', { responseMode: 'async' }],
    [
      'an asynchronous native command',
      { responseMode: 'async', executionType: 0, commandName: 'PublishEventCommand' },
    ],
    ['a chain that does not read it', { executionType: 1, commandChain: [literal] }],
    ['an asynchronous chain', { responseMode: 'async', executionType: 1, commandChain: [literal] }],
  ])('is refused before anything is done by %s', async (what, fields) => {
    const key = what.replaceAll(' ', '-');
    await signalbox.createConfig(key, fields);
    const response = await fetch(`${signalbox.url}/api/webhooks/dynamic/${key}`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: '{bad',
    });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ code: 'webhook.malformed-body' });
    expect(await events('native.literal')).toBe(0);
  });
});
