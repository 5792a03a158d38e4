import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ExecutionRecorder, type ReceivedExecution } from '../../src/features/executions/index.ts';
import { RecordedCalls } from '../../src/features/executions/recorded-calls.ts';
import { Database } from '../../src/platform/db/index.ts';
import { firstUuidAt } from '../../src/platform/ids.ts';
import { Retention } from '../../src/platform/retention.ts';
import { count, DAY_MS, daysLater, moveOn, startAging } from '../support/aging.ts';
import { databaseOf, isPostgres } from '../support/database.ts';
import type { InProcess } from '../support/in-process.ts';
import { received, recordEnd } from '../support/made-executions.ts';
import { connectAsSuperuser } from '../support/postgres/databases.ts';
import { until } from '../support/until.ts';

let server: InProcess;
let recorder: ExecutionRecorder;

const dayNow = () => new Date(Date.now()).toISOString().slice(0, 10).replaceAll('-', '');
const partitions = async (day: string): Promise<string[]> => {
  const rows = await server.app
    .get(Database)
    .read.query<{ name: string }[]>(
      `SELECT relname AS name FROM pg_class WHERE relname LIKE '%\\_${day}' ORDER BY 1`,
    );
  return rows.map(({ name }) => name);
};
const all = (day: string) =>
  ['execution_calls', 'executions', 'payload_packs'].map((table) => `${table}_${day}`);

/** Calls that have ended, in few commits. @returns their ids. */
async function ended(amount: number, fields: Partial<ReceivedExecution> = {}): Promise<string[]> {
  const calls = Array.from({ length: amount }, () => received(fields));
  await Promise.all(calls.map((call) => recordEnd(recorder, call)));
  return calls.map(({ id }) => id);
}

/** A command that an execution called. */
async function calledIn(executionId: string): Promise<void> {
  const times = { startedAt: Date.now(), recordedAt: Date.now() };
  const row = server.app.get(RecordedCalls).row(executionId, {
    ...times,
    n: 1,
    attempt: 1,
    name: 'SomeCommand',
    inputHash: 'h',
    isSuccess: true,
    status: 200,
    inputJson: '{"given":1}',
    envelopeJson: '{"success":true}',
  });
  await server.app.get(Database).door.append([row]);
}

async function listed(): Promise<string[]> {
  const { body } = await server.command<{ items: { id: string }[] }>('GetWebHookExecutionListQuery', {
    pageSize: 100,
  });
  if (!body.success) throw new Error(JSON.stringify(body));
  return body.data.items.map(({ id }) => id);
}

const bodyOf = async (id: string) => {
  const { body } = await server.command<{ request: { body: string } }>('GetWebHookExecutionByIdQuery', {
    id,
  });
  return body.data.request.body;
};

beforeEach(async () => {
  if (!isPostgres) return;
  // Noon: an hour more or less is the same day.
  moveOn(0.5 - ((Date.now() / DAY_MS) % 1) + 1);
  server = await startAging();
  recorder = server.app.get(ExecutionRecorder);
  await server.app.get(Retention).run();
});
afterEach(async () => {
  if (isPostgres) await server.stop();
});

describe.skipIf(!isPostgres)('Retention on PostgreSQL', () => {
  it('drops a day with all that is of it, and moves what has to stay; other days are untouched', async () => {
    const first = dayNow();
    const open = received();
    const [keyed] = await ended(1, { idempotencyKey: 'evt_1', configId: 7 });
    const [over] = await ended(1);
    await Promise.all([recorder.recordReceived(open), ended(50)]);
    for (const id of [open.id, over!]) await calledIn(id);
    moveOn(1);
    const second = dayNow();
    const [called] = await ended(20);
    await calledIn(called!);
    moveOn(1);
    const third = dayNow();
    const young = await ended(30);
    expect(await partitions(second)).toEqual(expect.arrayContaining(all(second)));

    await daysLater(server, 10);
    expect(await partitions(first)).toEqual([]);
    expect(await partitions(second)).toEqual([]);
    expect(await partitions(third)).toEqual(expect.arrayContaining(all(third)));
    expect(new Set(await listed())).toEqual(new Set([open.id, keyed, ...young]));
    for (const id of [open.id, keyed!, young[0]!]) expect(await bodyOf(id)).toBe(`body of ${id}`);
    expect(await count(server, 'executions_rest')).toBe(2);
    expect(await count(server, 'execution_calls')).toBe(1);

    // What was kept goes when its time has come, row by row.
    await recordEnd(recorder, { ...open, request: null });
    await daysLater(server, 40);
    expect(await listed()).toEqual([]);
    for (const table of ['executions', 'execution_calls', 'payload_packs'])
      expect(await count(server, table)).toBe(0);
  });

  it('leaves a day as a whole until all of it is over', async () => {
    await ended(5);
    const day = dayNow();
    await daysLater(server, 10.4);
    expect(await count(server, 'executions')).toBe(5);
    await daysLater(server, 0.2);
    expect(await count(server, 'executions')).toBe(0);
    expect(await partitions(day)).not.toContain(`executions_${day}`);
  });

  it('deletes late rows of a day that was dropped, which has no partition ever after', async () => {
    const day = dayNow();
    const at = Date.now();
    await ended(5);
    await daysLater(server, 12);
    expect(await partitions(day)).toEqual([]);
    const late = received({ id: `exe_${firstUuidAt(at)}-7000-8000-000000000000`, receivedAt: at });
    await recordEnd(recorder, late, { finishedAt: at });
    expect(await listed()).toEqual([late.id]);
    await daysLater(server, 0);
    expect(await listed()).toEqual([]);
    expect(await partitions(day)).toEqual([]);
  });

  it('deletes row by row where too many of a day stay', async () => {
    const day = dayNow();
    const keyed = await ended(1_001, { idempotencyKey: 'evt', configId: 7 });
    await ended(400);
    for (const id of keyed.slice(0, 3)) await calledIn(id);
    await daysLater(server, 12);
    expect(await partitions(day)).toContain(`executions_${day}`);
    expect(await count(server, `executions_${day}`)).toBe(1_001);
    expect(await count(server, 'execution_calls')).toBe(3);
    for (const id of keyed.slice(-2)) expect(await bodyOf(id)).toBe(`body of ${id}`);
  });

  it('comes again where somebody holds on to a table, as a backup does, and calls go on meanwhile', async () => {
    await server.createConfig('orders');
    await ended(5);
    moveOn(12);
    const backup = await connectAsSuperuser(databaseOf(server.dataFolder));
    await backup.query('BEGIN; SELECT count(*) FROM executions');
    const round = server.app.get(Retention).run();
    const progress = { isOver: false };
    void round.finally(() => (progress.isOver = true));
    const answered: number[] = [];
    while (!progress.isOver) {
      const begun = performance.now();
      expect(await server.call('orders')).toMatch(/^exe_/);
      answered.push(performance.now() - begun);
    }
    expect(answered.length).toBeGreaterThan(1);
    expect(Math.max(...answered)).toBeLessThan(5_000);
    expect(await count(server, 'executions')).toBe(5 + answered.length);
    await backup.query('ROLLBACK');
    await backup.end();
    await server.app.get(Retention).run();
    expect(await count(server, 'executions')).toBe(answered.length);
  });

  it('is done by one process of all: another one comes again in an hour', async () => {
    const other = await startAging(server.dataFolder);
    await other.app.get(Retention).run();
    await ended(5);
    moveOn(12);
    const turn = await server.app.get(Database).locks.tryAny(['retention']);
    expect(turn).not.toBeNull();
    await other.app.get(Retention).run();
    expect(await count(server, 'executions')).toBe(5);
    turn!.release();
    await until(async () => {
      await other.app.get(Retention).run();
      return (await count(server, 'executions')) === 0 ? true : null;
    });
    await other.stop({ keepsFolder: true });
  });
});
