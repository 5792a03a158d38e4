import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Taken, untilTaken } from '../instances/many-calls.ts';
import { Signalbox } from '../support/signalbox.ts';
import { until } from '../support/until.ts';

interface Execution {
  id: string;
  status: string;
  code: string | null;
  attempt: number;
  errors: string[];
}

const GOOD_CALLS = 1_000;
const POISONED_CALLS = 5;

let signalbox: Signalbox;

beforeAll(async () => {
  signalbox = await Signalbox.start();
});

afterAll(() => signalbox.stop());

/** Each of its calls fails, whatever is done about it. */
const poisons = [
  { key: 'throws', executionCode: `throw new Error('Always');`, code: 'script.threw', reason: 'Always' },
  {
    key: 'kills-its-worker',
    executionCode: 'const all = []; for (;;) all.push(new Array(100_000).fill(all.length));',
    code: 'script.limit-memory',
    reason: 'memory',
  },
  { key: 'never-ends', executionCode: 'for (;;);', code: 'script.limit-running-time', reason: 'longer' },
];
const retry = { maxAttempts: 2, initialSeconds: 0.01, factor: 1, maxSeconds: 1 };

const allOf = async (key: string): Promise<Execution[]> => {
  const items: Execution[] = [];
  for (let cursor: string | null | undefined; cursor !== null;) {
    const { body } = await signalbox.command<{ items: Execution[]; nextCursor: string | null }>(
      'GetWebHookExecutionListQuery',
      { key, pageSize: 100, ...(cursor && { cursor }) },
    );
    items.push(...body.data.items);
    cursor = body.data.nextCursor;
  }
  return items;
};

const allEnded = (key: string) =>
  until(async () => {
    const items = await allOf(key);
    return items.some(({ status }) => ['received', 'running'].includes(status)) ? null : items;
  });

describe('a configuration that always fails, among a thousand good calls', () => {
  it('ends dead with its reason, and the good ones do not notice', async () => {
    await signalbox.createConfig('good', { executionCode: 'return context.body.n;' });
    await signalbox.createConfig('good-later', {
      responseMode: 'async',
      executionCode: 'return context.body.n;',
    });
    for (const { key, executionCode } of poisons)
      await signalbox.createConfig(key, { responseMode: 'async', retry, executionCode });
    await signalbox.createConfig('endless-expression', {
      activationCondition: '=count(for x in 1..1000000000 return x) > 0',
    });

    const poisoned: Promise<Taken>[] = [];
    const good: Promise<Taken>[] = [];
    // Beside all that, an instance on PostgreSQL may not learn in time what has changed, and take nothing for a moment.
    const call = (key: string, n: number) => untilTaken(() => signalbox.call(key, { n }));
    for (let n = 0; n < GOOD_CALLS; n++) {
      good.push(call(n % 4 === 0 ? 'good-later' : 'good', n));
      if (n % (GOOD_CALLS / POISONED_CALLS) !== 0) continue;
      for (const { key } of poisons) poisoned.push(call(key, n));
      poisoned.push(call('endless-expression', n));
      // Not all in one moment: what is poisoned is at work while the good ones come.
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    const answers = await Promise.all(good);
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200, 202]));
    expect(new Set(answers.map(({ execution }) => execution)).size).toBe(GOOD_CALLS);
    await Promise.all(poisoned);

    for (const { key, code, reason } of poisons) {
      const ended = await allEnded(key);
      expect(ended).toHaveLength(POISONED_CALLS);
      for (const { id } of ended) {
        const execution = await signalbox.execution<Execution>(id);
        expect(execution).toMatchObject({ status: 'dead', code, attempt: retry.maxAttempts });
        expect(execution.errors.join()).toContain(reason);
      }
    }
    for (const key of ['good', 'good-later'])
      expect(new Set((await allEnded(key)).map(({ status }) => status))).toEqual(new Set(['succeeded']));
    for (const { status, code } of await allEnded('endless-expression')) {
      // Who waits too long for a worker is turned away before anything ran.
      expect(`${status} ${code}`).toMatch(/^(failed expression\.limit-|rejected expression\.unavailable$)/);
    }
  }, 120_000);
});
