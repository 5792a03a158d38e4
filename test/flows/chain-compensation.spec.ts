import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BesideAnother, startBesideAnother } from '../support/beside-another.ts';
import type { CountingServer } from '../support/counting-server.ts';
import type { Signalbox } from '../support/signalbox.ts';
import { until } from '../support/until.ts';

interface Execution {
  status: string;
  code: string | null;
  attempt: number;
  nextAttemptAt: string | null;
  errors: string[] | null;
  attempts: { attempt: number; code: string; errors: string[] }[];
  steps: { name: string; input?: { body?: unknown } }[];
}

let both: BesideAnother;
let signalbox: Signalbox;
let other: CountingServer;

beforeAll(async () => {
  both = await startBesideAnother();
  ({ signalbox, other } = both);
});
afterAll(() => both.stop());

const executionOf = (response: Response) =>
  signalbox.execution<Execution>(response.headers.get('x-execution-id'));
const ended = (response: Response) =>
  until(async () => {
    const execution = await executionOf(response);
    return ['received', 'running'].includes(execution.status) ? null : execution;
  });

const send = (path: string) => ({
  commandName: 'SendHttpRequestCommand',
  input: { method: 'POST', url: other.url(path) },
});
const step = (folder: string, name: string, more: object = {}) => ({
  name,
  ...send(`${folder}/${name}`),
  compensation: send(`${folder}/undo-${name}`),
  ...more,
});
/** Fails for good: there is nothing of that id. */
const impossible = {
  name: 'impossible',
  commandName: 'ActivateWebHookConfigCommand',
  input: { id: 999_999 },
};
const soon = { maxAttempts: 3, initialSeconds: 0.01, factor: 1, maxSeconds: 1 };
const asynchronous = { responseMode: 'async', retry: soon };

const chain = (key: string, commandChain: object[], fields: object = {}) =>
  signalbox.createConfig(key, { executionType: 1, commandChain, ...fields });
const hitsOf = (folder: string) =>
  other.hits.filter((path) => path.startsWith(`${folder}/`)).map((path) => path.slice(folder.length + 1));

/** Two steps that succeed, one that fails, one that is skipped: then the end that cannot be. */
const steps = (folder: string) => [
  step(folder, 'a'),
  step(folder, 'b'),
  step(folder, 'skipped', { condition: '=false' }),
  { ...step(folder, 'lost'), ...impossible, name: 'lost', onError: 'continue' },
  { name: 'c', ...send(`${folder}/c`) },
  impossible,
  step(folder, 'never'),
];

describe.each([
  ['a synchronous chain', {}],
  ['an asynchronous chain', asynchronous],
])('%s that stops for good', (what, fields) => {
  const folder = `/stops-${'retry' in fields ? 'async' : 'sync'}`;

  it('undoes what it has done, once, the last first', async () => {
    await chain(folder.slice(1), steps(folder), fields);
    const response = await signalbox.call(folder.slice(1), {});
    const execution = await ended(response);
    expect(execution).toMatchObject({ status: 'failed', code: 'webhook-config.not-found', attempt: 1 });
    expect(hitsOf(folder)).toEqual(['a', 'b', 'c', 'undo-b', 'undo-a']);
    expect(execution.steps.map(({ name }) => name)).toEqual(
      ['a', 'b', 'skipped', 'lost', 'c', 'impossible'].concat('compensate b', 'compensate a'),
    );
    if (what === 'a synchronous chain') {
      expect(response.status).toBe(404);
      expect(await response.json()).toMatchObject({ code: 'webhook-config.not-found' });
    }
  });
});

describe('a compensation', () => {
  it('may use the call and what the steps gave', async () => {
    const input = `={method: "POST", url: request.body.url, body: {status: steps.a.data.status, failed: steps.impossible.message}}`;
    const compensation = { commandName: 'SendHttpRequestCommand', input };
    await chain('uses', [{ name: 'a', ...send('/uses/a'), compensation }, impossible]);
    const response = await signalbox.call('uses', { url: other.url('/uses/undo') });
    expect(response.status).toBe(404);
    const execution = await executionOf(response);
    expect(execution.steps[2]?.input?.body).toEqual({ status: 200, failed: 'Activation failed' });
    expect(hitsOf('/uses')).toEqual(['a', 'undo']);
  });

  it('follows on the last attempt only, and then the run is dead', async () => {
    await chain('used-up', [step('/used-up', 'a'), { name: 'b', ...send('/used-up/b') }], asynchronous);
    other.broken.add('/used-up/b');
    const execution = await ended(await signalbox.call('used-up', {}));
    expect(execution).toMatchObject({ status: 'dead', code: 'http-request.connection', attempt: 3 });
    expect(hitsOf('/used-up')).toEqual(['a', 'b', 'b', 'b', 'undo-a']);
  });

  it('that fails is tried again, and those that succeeded are not', async () => {
    await chain('mends', [step('/mends', 'a'), step('/mends', 'b'), step('/mends', 'c'), impossible], {
      responseMode: 'async',
      retry: { ...soon, maxAttempts: 20, initialSeconds: 0.1 },
    });
    other.broken.add('/mends/undo-b');
    const response = await signalbox.call('mends', {});
    const open = await until(async () => {
      const execution = await executionOf(response);
      return execution.attempts.length > 1 ? execution : null;
    });
    expect(open.code).toBe('http-request.connection');
    expect(open.attempts.slice(0, 2)).toMatchObject([
      { attempt: 1, errors: ['The compensation of "b" failed', expect.any(String)] },
      { attempt: 2 },
    ]);
    other.broken.clear();
    const execution = await ended(response);
    expect(execution).toMatchObject({ status: 'failed', code: 'webhook-config.not-found' });
    const { '/undo-b': tries, ...others } = other.counts('/mends');
    expect(others).toEqual({ '/a': 1, '/b': 1, '/c': 1, '/undo-c': 1, '/undo-a': 1 });
    expect(tries).toBe(execution.attempt);
    expect(hitsOf('/mends').at(-1)).toBe('undo-a');
  });

  it('that fails in every attempt leaves the run dead and incomplete', async () => {
    const fields = { ...asynchronous, responseExpression: '={status: 299}' };
    await chain('incomplete', [step('/incomplete', 'a'), step('/incomplete', 'b'), impossible], fields);
    other.broken.add('/incomplete/undo-b');
    const response = await signalbox.call('incomplete', {});
    const execution = await ended(response);
    expect(execution).toMatchObject({
      status: 'dead',
      code: 'chain.compensation-incomplete',
      attempt: 3,
      nextAttemptAt: null,
    });
    expect(hitsOf('/incomplete')).toEqual(['a', 'b', 'undo-b', 'undo-b', 'undo-b']);
    const answer = await fetch(`${signalbox.url}${response.headers.get('location')}`);
    expect(answer.status).toBe(500);
    expect(await answer.json()).toMatchObject({
      errors: [
        expect.stringMatching(/^The compensation of "b" failed in every attempt: /),
        'The chain had stopped: Configuration not found',
      ],
    });
  });

  it('of a synchronous chain that fails is gone on with by the queue, after its caller was told of the failure', async () => {
    await chain('sync-mends', [step('/sync-mends', 'a'), step('/sync-mends', 'b'), impossible], {
      idempotency: { key: '=request.body.id' },
    });
    other.broken.add('/sync-mends/undo-b');
    const response = await signalbox.call('sync-mends', { id: 1 });
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({ code: 'webhook-config.not-found' });
    const open = await executionOf(response);
    expect(open).toMatchObject({ status: 'received', code: 'http-request.connection', attempt: 2 });
    expect(Date.parse(open.nextAttemptAt!)).toBeGreaterThan(Date.now());
    expect((await signalbox.call('sync-mends', { id: 1 })).status).toBe(202);
    other.broken.clear();
    expect(await ended(response)).toMatchObject({
      status: 'failed',
      code: 'webhook-config.not-found',
      attempt: 2,
    });
    expect(hitsOf('/sync-mends')).toEqual(['a', 'b', 'undo-b', 'undo-b', 'undo-a']);
    // What was undone is done anew by the next call with that key.
    expect((await signalbox.call('sync-mends', { id: 1 })).status).toBe(404);
    expect(hitsOf('/sync-mends').slice(5)).toEqual(['a', 'b', 'undo-b', 'undo-a']);
  });
});
