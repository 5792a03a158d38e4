import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ok, PlainServer, post, until } from '../../test/support/plain-server.ts';

let server: PlainServer;

beforeEach(async () => {
  server = await PlainServer.start();
});
afterEach(() => server.stop());

/** So long nothing happens. */
async function pass(ms: number): Promise<void> {
  vi.advanceTimersByTime(ms);
  await turn();
  await turn();
}

describe('an idle connection', () => {
  beforeEach(async () => {
    server.stop();
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    server = await PlainServer.start();
  });
  afterEach(() => vi.useRealTimers());

  it('is closed without a word once it is older than it was said', async () => {
    const caller = server.newCaller();
    await caller.say(post('a'));
    await caller.hears(1);
    const { text } = caller;
    expect(text).toContain('Keep-Alive: timeout=72\r\n');
    await pass(75_000);
    await caller.say(post('b'));
    await caller.hears(2);
    // The first look may come as soon as the answer is out.
    await pass(75_000);
    expect(caller.isClosed).toBe(false);
    await pass(5_000);
    await until(() => caller.isClosed);
    expect(caller.bodies).toEqual(['ok a', 'ok b']);
  });

  it('is not one whose answer is still being read', async () => {
    server.answers = (exchange) => exchange.answer({ ...ok, body: 'x'.repeat(8_000_000) }, null);
    const caller = server.newCaller();
    caller.socket.pause();
    await caller.say(post('a'));
    await until(() => server.calls.length === 1);
    await pass(600_000);
    caller.socket.resume();
    await until(() => caller.text.length > 8_000_000);
    await pass(70_000);
    expect(caller.isClosed).toBe(false);
  });

  it('on which nothing ever came is told so, and closed', async () => {
    const caller = server.newCaller();
    await new Promise((resolve) => caller.socket.once('connect', resolve));
    await until(() => server.connections === 1);
    await pass(60_000);
    expect(caller.text).toBe('');
    await pass(10_000);
    void caller.say(post('too late'));
    await until(() => caller.isClosed);
    expect(caller.text).toMatch(/^HTTP\/1\.1 408 [^]*did not arrive in time/);
    expect(server.calls).toEqual([]);
  });

  it('is not one whose call takes long', async () => {
    const caller = await server.newWaiting('a');
    await pass(600_000);
    server.waiting[0]!.answer(ok, null);
    await caller.hears(1);
    expect(caller.isClosed).toBe(false);
  });
});

describe('a server that stops', () => {
  it('closes idle connections, answers calls once more and lets their callers go', async () => {
    const [answered, other] = [await server.newWaiting('a'), await server.newWaiting('b')];
    server.waiting[0]!.answer(ok, null);
    await answered.hears(1);
    server.plain.isStopping = true;
    const closed = new Promise((resolve) => server.server.close(resolve));
    server.plain.closeIdle();
    await until(() => answered.isClosed);
    expect(other.isClosed).toBe(false);
    server.waiting[1]!.answer(ok, null);
    await until(() => other.isClosed);
    expect(other.text).toContain('\r\nConnection: close\r\n');
    expect(other.bodies).toEqual(['ok']);
    await closed;
  });

  it('waits for a caller that reads its answer, and not for ever for one that does not', async () => {
    server.answers = (exchange) => exchange.answer({ ...ok, body: 'x'.repeat(8_000_000) }, null);
    const caller = server.newCaller();
    caller.socket.pause();
    await caller.say(post('a'));
    await until(() => server.calls.length === 1);
    server.plain.isStopping = true;
    const closed = new Promise((resolve) => server.server.close(resolve));
    server.plain.closeIdle();
    await turn();
    expect(await Promise.race([closed.then(() => 'closed'), turn('open')])).toBe('open');
    for (let looks = 0; looks < 20; looks++) server.plain.closeIdle();
    await closed;
  });

  it('waits a moment for the first call of a connection that has just been made', async () => {
    const [late, silent] = [server.newCaller(), server.newCaller()];
    await until(() => server.connections === 2);
    server.plain.isStopping = true;
    const closed = new Promise((resolve) => server.server.close(resolve));
    server.plain.closeIdle();
    await late.say(post('a'));
    await late.hears(1);
    await until(() => late.isClosed);
    expect(silent.isClosed).toBe(false);
    for (let looks = 0; looks < 20; looks++) server.plain.closeIdle();
    await closed;
    expect(server.calls).toEqual(['plain a']);
  });
});
