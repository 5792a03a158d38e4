import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Cast, startWithRoles } from '../support/roles.ts';
import { auditOf } from './support/audit-log.ts';
import { type Attempt, refusesInput, refusesRoles, refusesStrangers } from './support/refusals.ts';

const type = 'PurgeExecutionsCommand';
const filterWanted =
  'Give a filter (ids, key, configId, status, from, to or search), or all: true and no filter';
let cast: Cast;
const attempt: Attempt = { cast: () => cast, type, fields: () => ({ key: 'nobody' }) };

beforeAll(async () => {
  cast = await startWithRoles();
  for (const key of ['orders', 'invoices'])
    await cast.signalbox.createConfig(key, {
      executionCode: `console.log('seen'); doCmd('LookupWebHookByKeyCommand', { key: 'orders' });
        if (context.body.fail) throw new Error('no'); return context.body;`,
    });
});
afterAll(() => cast.stop());

async function call(key: string, body: object = { text: 'private' }): Promise<string> {
  return (await cast.signalbox.call(key, body)).headers.get('x-execution-id') ?? '';
}

async function purge(fields: Record<string, unknown>): Promise<unknown> {
  const { body } = await cast.signalbox.command(type, fields);
  if (!body.success) throw new Error(JSON.stringify(body));
  return body.data;
}

async function isPurged(id: string): Promise<boolean> {
  return (await cast.signalbox.execution<{ isPurged: boolean }>(id)).isPurged;
}

describe('PurgeExecutionsCommand', () => {
  it('erases the request, steps, logs and answer of executions; their rows stay', async () => {
    const id = await call('orders');
    const before = await cast.signalbox.execution(id);
    const answer = await cast.signalbox.command(type, { ids: [id] });
    expect(answer.status).toBe(200);
    expect(answer.body).toStrictEqual({
      success: true,
      data: { purged: 1, skipped: 0 },
      message: 'Executions purged successfully',
    });
    expect(before).toMatchObject({ isPurged: false, logs: [{ text: 'seen' }] });
    expect(await cast.signalbox.execution(id)).toStrictEqual({
      ...before,
      isPurged: true,
      request: null,
      steps: [],
      logs: [],
      errors: [],
      answer: { status: 200, headers: {}, body: null, isBodyCut: false },
    });
    const list = await cast.signalbox.command<{ items: object[] }>('GetWebHookExecutionListQuery', {
      search: id,
    });
    expect(list.body.data.items).toMatchObject([{ id, status: 'succeeded' }]);
  });

  it('purges what a filter finds and leaves all else', async () => {
    const [order, failed, invoice] = [
      await call('orders'),
      await call('orders', { fail: 1 }),
      await call('invoices'),
    ];
    const { configId } = await cast.signalbox.execution(invoice);
    expect(await purge({ key: 'orders', status: 'failed' })).toEqual({ purged: 1, skipped: 0 });
    expect([await isPurged(order), await isPurged(failed), await isPurged(invoice)]).toEqual([
      false,
      true,
      false,
    ]);
    expect(await purge({ search: '/api/webhooks/dynamic/invoices' })).toEqual({ purged: 1, skipped: 0 });
    expect(await purge({ configId, to: '2000-01-01T00:00:00Z' })).toEqual({ purged: 0, skipped: 0 });
    const later = await call('invoices');
    const { receivedAt } = await cast.signalbox.execution(later);
    expect(await purge({ from: receivedAt, key: 'invoices' })).toEqual({ purged: 1, skipped: 0 });
    expect(await isPurged(order)).toBe(false);
  });

  it('purges everything of the account with all: true, in as many commits as it takes', async () => {
    await Promise.all(Array.from({ length: 450 }, () => call('orders')));
    const kept = await call('invoices');
    expect(await purge({ key: 'orders' })).toMatchObject({ purged: expect.any(Number) as number });
    expect(await isPurged(kept)).toBe(false);
    await Promise.all(Array.from({ length: 450 }, () => call('orders')));
    expect(await purge({ all: true })).toEqual({ purged: 451, skipped: 0 });
    expect(await isPurged(kept)).toBe(true);
    expect(await purge({ all: true })).toEqual({ purged: 0, skipped: 0 });
  });

  it('purges nothing of another account', async () => {
    const id = await call('orders');
    const { body } = await cast.signalbox.command(type, { ids: [id] }, cast.as.stranger);
    expect(body.data).toEqual({ purged: 0, skipped: 0 });
    await cast.signalbox.command(type, { all: true }, cast.as.stranger);
    expect(await isPurged(id)).toBe(false);
  });

  it('finds nothing to purge where there is nothing, and says so', async () => {
    expect(await purge({ ids: ['exe_nothing'] })).toEqual({ purged: 0, skipped: 0 });
    expect(await purge({ configId: 999_999 })).toEqual({ purged: 0, skipped: 0 });
  });

  it('is on record from its first commit on', async () => {
    const id = await call('orders');
    const answer = await cast.signalbox.command(type, { ids: [id] });
    const rows = await auditOf(cast.signalbox, answer);
    expect(rows.map(({ outcome }) => outcome)).toEqual(['begun', 'succeeded']);
    for (const row of rows) expect(JSON.parse(row.input)).toEqual({ ids: [id] });
    await call('orders');
    const all = await auditOf(cast.signalbox, await cast.signalbox.command(type, { all: true }));
    expect(all.map(({ input }) => JSON.parse(input) as unknown)).toEqual([{ all: true }, { all: true }]);
  });

  it('may be given by a webhook, whose own execution is skipped', async () => {
    await cast.signalbox.createConfig('purging', { executionType: 0, commandName: type });
    const id = await call('purging', { key: 'purging' });
    expect(await cast.signalbox.execution(id)).toMatchObject({
      status: 'succeeded',
      isPurged: false,
      answer: { body: expect.stringContaining('{"purged":0,"skipped":1}') as string },
    });
  });

  refusesStrangers(attempt);
  refusesRoles(['viewer', 'operator', 'designer'], 'access:manage', attempt);
  refusesInput({ ...attempt, fields: () => ({}) }, [
    [{}, [filterWanted]],
    [{ search: '' }, [filterWanted]],
    [{ all: true, key: 'orders' }, [filterWanted]],
    [{ all: false }, ['All must be one of true']],
    [{ ids: [] }, ['Ids must be at least 1 entries long']],
    [{ ids: Array(1001).fill('exe_1') }, ['Ids must be at most 1000 entries long']],
    [{ ids: 'exe_1' }, ['Ids must be an array']],
    [{ status: 'done' }, [expect.stringContaining('Status must be one of')]],
    [{ from: 'yesterday' }, [expect.stringContaining('From must be a time')]],
    [{ colour: 'red', key: 'x' }, ['Unknown field "colour"']],
  ]);
});
