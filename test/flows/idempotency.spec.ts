import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startAgain } from '../crash/kill-rounds.ts';
import { Signalbox } from '../support/signalbox.ts';
import { until } from '../support/until.ts';

let signalbox: Signalbox;

beforeAll(async () => {
  // A machine three times as slow needs a second for the loop below.
  signalbox = await Signalbox.start({ env: { SCRIPT_TIMEOUT_MS: '10000' } });
});

afterAll(() => signalbox.stop());

const byEvent = { key: '=request.body.event' };
/** Makes one configuration a run, named by a random part: two runs would make two. */
const countingScript = `
  const key = 'effect-' + context.body.event + '-' + crypto.randomUUID().slice(0, 8);
  const made = doCmd('CreateWebHookConfigCommand', { key, description: 'Made', isEnabled: false,
    path: '/webhooks/' + key, action: 'POST', executionType: 2, executionCode: 'return 1;' });
  return respond({ status: 201, headers: { 'X-Key': key }, body: { key, made: made.success } });`;

async function effects(event: string, at: Signalbox = signalbox): Promise<number> {
  const answer = await at.command<{ totalCount: number }>('GetWebHookConfigListQuery', {
    search: `effect-${event}-`,
  });
  return answer.body.data.totalCount;
}

async function told(response: Response) {
  return {
    status: response.status,
    executionId: response.headers.get('x-execution-id'),
    key: response.headers.get('x-key'),
    body: await response.text(),
  };
}

describe('calls with the same idempotency key', () => {
  it('a thousand at once have one effect and a thousand equal answers, and so after a restart', async () => {
    const own = await Signalbox.start();
    await own.createConfig('counted', { idempotency: byEvent, executionCode: countingScript });
    const answers = await Promise.all(
      Array.from({ length: 1_000 }, async () => told(await own.call('counted', { event: 'thousand' }))),
    );
    const [first] = answers;
    expect(first).toMatchObject({ status: 201, body: expect.stringContaining('"made":true') });
    for (const answer of answers) expect(answer).toEqual(first);
    expect(await effects('thousand', own)).toBe(1);
    await own.kill();
    const again = await startAgain({ dataFolder: own.dataFolder, apiKey: own.apiKey });
    for (let call = 0; call < 20; call++)
      expect(await told(await again.call('counted', { event: 'thousand' }))).toEqual(first);
    expect(await effects('thousand', again)).toBe(1);
    expect(await told(await again.call('counted', { event: 'another' }))).not.toEqual(first);
    await again.stop();
  }, 60_000);

  it('are found by that key, and show it', async () => {
    await signalbox.createConfig('shown', { idempotency: byEvent });
    const response = await signalbox.call('shown', { event: 'evt_77_shown' });
    const id = response.headers.get('x-execution-id');
    const { body } = await signalbox.command<{ items: { id: string; idempotencyKey: string }[] }>(
      'GetWebHookExecutionListQuery',
      { search: 'evt_77_' },
    );
    expect(body.data.items).toMatchObject([{ id, idempotencyKey: 'evt_77_shown' }]);
  });

  it.each(['=null', '=""', '=request.body.missing'])(
    'that is none (%s) are calls like any other',
    async (key) => {
      const name = `keyless-${key.length}`;
      await signalbox.createConfig(name, { idempotency: { key } });
      const first = await signalbox.call(name, { event: 1 });
      const second = await signalbox.call(name, { event: 1 });
      expect(second.headers.get('x-execution-id')).not.toBe(first.headers.get('x-execution-id'));
    },
  );

  it('of two configurations are two', async () => {
    for (const name of ['mine', 'theirs'])
      await signalbox.createConfig(name, { idempotency: byEvent, executionCode: countingScript });
    await signalbox.call('mine', { event: 'shared' });
    await signalbox.call('theirs', { event: 'shared' });
    expect(await effects('shared')).toBe(2);
  });

  it('are forgotten when the window is over', async () => {
    await signalbox.createConfig('brief', {
      idempotency: { ...byEvent, windowSeconds: 3 },
      executionCode: countingScript,
    });
    const first = await told(await signalbox.call('brief', { event: 'brief' }));
    expect(await told(await signalbox.call('brief', { event: 'brief' }))).toEqual(first);
    const end = Date.now() + 20_000;
    let other = first;
    while (other.executionId === first.executionId && Date.now() < end)
      other = await told(await signalbox.call('brief', { event: 'brief' }));
    expect(other).toMatchObject({ status: 201 });
    expect(other.executionId).not.toBe(first.executionId);
    expect(await effects('brief')).toBe(2);
  });

  it('are not forgotten while the run of the first goes on, however brief the window', async () => {
    await signalbox.createConfig('slow-brief', {
      responseMode: 'async',
      idempotency: { ...byEvent, windowSeconds: 1 },
      retry: { maxAttempts: 2, initialSeconds: 60, factor: 1, maxSeconds: 60 },
      executionCode: `doCmd('LookupWebHookByKeyCommand', { key: 'x' }); throw new Error('Not yet');`,
    });
    const first = await told(await signalbox.call('slow-brief', { event: 'b' }));
    await new Promise((resolve) => setTimeout(resolve, 1_200));
    expect(await told(await signalbox.call('slow-brief', { event: 'b' }))).toEqual(first);
  });
});

describe('a call with an idempotency key that failed', () => {
  const failing = `
    const key = 'effect-' + context.body.event + '-' + crypto.randomUUID().slice(0, 8);
    doCmd('CreateWebHookConfigCommand', { key, description: 'Made', isEnabled: false,
      path: '/webhooks/' + key, action: 'POST', executionType: 2, executionCode: 'return 1;' });
    const gate = doCmd('LookupWebHookByKeyCommand', { key: 'gate-' + context.body.event });
    if (!gate.success) throw new Error('Not yet');
    return key;`;

  it('is tried once more by its repeat, which is a further attempt of the same execution', async () => {
    await signalbox.createConfig('gated', { idempotency: byEvent, executionCode: failing });
    const first = await told(await signalbox.call('gated', { event: 'again' }));
    expect(first.status).toBe(500);
    const second = await told(await signalbox.call('gated', { event: 'again' }));
    expect(second).toMatchObject({ status: 500, executionId: first.executionId });
    await signalbox.createConfig('gate-again');
    const third = await told(await signalbox.call('gated', { event: 'again' }));
    expect(third).toMatchObject({ status: 200, executionId: first.executionId });
    expect(await told(await signalbox.call('gated', { event: 'again' }))).toEqual(third);
    expect(await effects('again')).toBe(1);
    expect(await signalbox.execution(first.executionId)).toMatchObject({
      status: 'succeeded',
      attempt: 3,
      errors: [],
      attempts: [
        { attempt: 1, code: 'script.threw', errors: ['Not yet'] },
        { attempt: 2, code: 'script.threw' },
      ],
    });
  });

  it('is tried once more also where its configuration has become asynchronous', async () => {
    const config = await signalbox.createConfig('turned', {
      idempotency: byEvent,
      executionCode: `throw new Error('A mistake');`,
    });
    const first = await told(await signalbox.call('turned', { event: 't' }));
    expect(first.status).toBe(500);
    await signalbox.command('UpdateWebHookConfigCommand', {
      id: config['id'],
      description: 'Mended',
      isEnabled: true,
      path: '/webhooks/turned',
      action: 'POST',
      executionType: 2,
      executionCode: 'return 7;',
      responseMode: 'async',
      idempotency: byEvent,
    });
    const second = await told(await signalbox.call('turned', { event: 't' }));
    expect(second).toMatchObject({ status: 202, executionId: first.executionId });
    const ended = await until(async () => {
      const execution = await signalbox.execution<{ status: string }>(first.executionId);
      return execution.status === 'succeeded' ? execution : null;
    });
    expect(ended).toMatchObject({ attempt: 2 });
    expect(await told(await signalbox.call('turned', { event: 't' }))).toMatchObject({ status: 202 });
    expect(await signalbox.execution(first.executionId)).toMatchObject({ attempt: 2 });
  });

  it('cannot be tried once more when it was erased: what it did is not known any more', async () => {
    await signalbox.createConfig('erased', {
      idempotency: byEvent,
      executionCode: `throw new Error('No');`,
    });
    const first = await told(await signalbox.call('erased', { event: 'e' }));
    await signalbox.command('PurgeExecutionsCommand', { ids: [first.executionId] });
    const second = await told(await signalbox.call('erased', { event: 'e' }));
    expect(second.status).toBe(409);
    expect(JSON.parse(second.body)).toMatchObject({ code: 'idempotency.erased' });
  });

  it('is done by the newest version of its configuration where nothing of it was done before', async () => {
    const config = await signalbox.createConfig('mended', {
      idempotency: byEvent,
      executionCode: `throw new Error('A mistake');`,
    });
    const first = await told(await signalbox.call('mended', { event: 'm', n: 1 }));
    expect(first.status).toBe(500);
    const { key: _key, ...fields } = {
      key: '',
      description: 'Mended',
      isEnabled: true,
      path: '/webhooks/mended',
      action: 'POST',
      executionType: 2,
      executionCode: 'return context.body.n;',
      idempotency: byEvent,
    };
    await signalbox.command('UpdateWebHookConfigCommand', { id: config['id'], ...fields });
    const second = await told(await signalbox.call('mended', { event: 'm', n: 2 }));
    expect(second).toMatchObject({ status: 200, executionId: first.executionId });
    expect(await signalbox.execution(first.executionId)).toMatchObject({ configVersion: 2, attempt: 2 });
  });
});

describe('an asynchronous call with an idempotency key', () => {
  it('is accepted once, and its repeats are told the same', async () => {
    await signalbox.createConfig('later', {
      responseMode: 'async',
      idempotency: byEvent,
      executionCode: countingScript,
    });
    const all = await Promise.all(
      Array.from({ length: 50 }, async () => {
        const response = await signalbox.call('later', { event: 'async' });
        return { location: response.headers.get('location'), ...(await told(response)) };
      }),
    );
    expect(all[0]).toMatchObject({ status: 202 });
    for (const one of all) expect(one).toEqual(all[0]);
    const end = Date.now() + 10_000;
    while ((await fetch(`${signalbox.url}${all[0]!.location}`)).status === 202 && Date.now() < end);
    expect(await effects('async')).toBe(1);
    expect((await told(await signalbox.call('later', { event: 'async' }))).executionId).toBe(
      all[0]!.executionId,
    );
    expect(await effects('async')).toBe(1);
  });
});

describe('a repeat while the first is still running', () => {
  it('waits for it, and gets its ticket at the deadline', async () => {
    await signalbox.createConfig('slow', {
      timeoutMs: 50,
      idempotency: byEvent,
      executionCode: `for (let n = 0; n < 1e9; n++); return 'done';`,
    });
    const [first, repeat] = await Promise.all([
      signalbox.call('slow', { event: 's' }),
      signalbox.call('slow', { event: 's' }),
    ]);
    expect([first.status, repeat.status]).toEqual([202, 202]);
    expect(repeat.headers.get('location')).toBe(first.headers.get('location'));
    let answer = await fetch(`${signalbox.url}${first.headers.get('location')}`);
    const end = Date.now() + 10_000;
    while (answer.status === 202 && Date.now() < end)
      answer = await fetch(`${signalbox.url}${first.headers.get('location')}`);
    expect(await answer.json()).toMatchObject({ success: true, data: 'done' });
    expect((await signalbox.call('slow', { event: 's' })).status).toBe(200);
  });
});

describe('ordered asynchronous calls', () => {
  it('of one ordering key run one after the other in the order of their arrival', async () => {
    await signalbox.createConfig('log', { executionCode: 'return 1;' });
    await signalbox.createConfig('ordered', {
      responseMode: 'async',
      orderingKey: '=request.body.customer',
      executionCode: `console.log(Date.now()); doCmd('LookupWebHookByKeyCommand', { key: 'log' }); return context.body.n;`,
    });
    const calls = [];
    for (let n = 0; n < 40; n++) {
      const response = await signalbox.call('ordered', { customer: n % 2 === 0 ? 'even' : 'odd', n });
      calls.push({ n, id: response.headers.get('x-execution-id') });
    }
    const finished = [];
    for (const { n, id } of calls) {
      let execution = await signalbox.execution<{ status: string; finishedAt: string }>(id);
      const end = Date.now() + 10_000;
      while (execution.status !== 'succeeded' && Date.now() < end) execution = await signalbox.execution(id);
      finished.push({ n, at: Date.parse(execution.finishedAt) });
    }
    for (const parity of [0, 1]) {
      const times = finished.filter(({ n }) => n % 2 === parity).map(({ at }) => at);
      expect(times).toEqual([...times].sort((a, b) => a - b));
    }
  });
});
