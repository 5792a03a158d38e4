import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { lockForWriting } from '../support/database-lock.ts';
import { Signalbox } from '../support/signalbox.ts';
import { openExecutions } from './aftermath.ts';
import { untilReadyAgain } from './lock-round.ts';
import { callElsewhere, slowServer } from './slow-server.ts';

let signalbox: Signalbox;

beforeAll(async () => {
  signalbox = await Signalbox.start({ env: { OUTBOUND_ALLOWED_NETWORKS: '127.0.0.1' } });
  await signalbox.createConfig('elsewhere', { executionCode: callElsewhere });
});

afterAll(() => signalbox.stop());

describe('a script that has had its effect when the database goes away', () => {
  let status: number;
  let body: { errors: string[] };
  let id: string | null;
  let readyAgainMs: number;

  beforeAll(async () => {
    const locked = Promise.withResolvers<void>();
    const elsewhere = await slowServer(() => locked.promise);
    const calling = signalbox.call('elsewhere', { method: 'GET', url: elsewhere.url });
    await elsewhere.called;
    const locker = await lockForWriting(signalbox.dataFolder);
    locked.resolve();
    const response = await calling;
    status = response.status;
    id = response.headers.get('x-execution-id');
    body = (await response.json()) as typeof body;
    await locker.release();
    elsewhere.close();
    readyAgainMs = await untilReadyAgain(signalbox);
  }, 60_000);

  it('is not acknowledged', () => {
    expect(status).toBe(503);
  });

  it('does not claim that nothing was stored: what it received is, and a retry would repeat the effect', () => {
    expect(body.errors.join(' ')).not.toContain('Nothing was stored');
  });

  it('has its end recorded when the database is back, without a restart and without running again', async () => {
    expect(readyAgainMs).toBeGreaterThanOrEqual(0);
    expect(await openExecutions(signalbox.dataFolder)).toEqual([]);
    expect(await signalbox.execution(id)).toMatchObject({ steps: [{ name: 'SendHttpRequestCommand' }] });
  }, 60_000);
});

describe('a call whose time is over while the database is away', () => {
  it('is answered and not left to wait; it goes on, and is recorded when the database is back', async () => {
    await signalbox.createConfig('impatient', { executionCode: callElsewhere, timeoutMs: 6_000 });
    const answered = Promise.withResolvers<void>();
    const elsewhere = await slowServer(() => answered.promise);
    const calling = signalbox.call('impatient', { method: 'GET', url: elsewhere.url, timeoutMs: 60_000 });
    await elsewhere.called;
    // Within those six seconds.
    const locker = await lockForWriting(signalbox.dataFolder);
    const response = await calling;
    const id = response.headers.get('x-execution-id');
    expect(response.status).toBe(503);
    expect(((await response.json()) as { code: string }).code).toBe('webhook.outcome-unrecorded');
    await locker.release();
    answered.resolve();
    expect(await untilReadyAgain(signalbox)).toBeGreaterThanOrEqual(0);
    expect(await openExecutions(signalbox.dataFolder)).toEqual([]);
    expect(await signalbox.execution(id)).toMatchObject({ status: 'succeeded' });
    elsewhere.close();
  }, 60_000);
});

describe('a call that met the lock before it had any effect', () => {
  it('leaves nothing open behind it: a command comes through as soon as the lock is gone', async () => {
    await signalbox.createConfig('plain', { executionCode: 'return 1;' });
    expect((await signalbox.call('plain', {})).status).toBe(200);
    const locker = await lockForWriting(signalbox.dataFolder);
    const refused = await signalbox.call('plain', {});
    await locker.release();
    expect(refused.status).toBe(503);
    await signalbox.createConfig('after-the-lock');
  });
});
