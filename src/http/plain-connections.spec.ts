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

describe('a connection', () => {
  it('has one call after the other', async () => {
    const caller = server.newCaller();
    for (const [at, body] of ['a', 'b', 'c'].entries()) {
      await caller.say(post(body));
      await caller.hears(at + 1);
    }
    expect(caller.bodies).toEqual(['ok a', 'ok b', 'ok c']);
    expect(server.calls).toEqual(['plain a', 'plain b', 'plain c']);
  });

  it('that brings a request in pieces is left to Node with all of them, for good', async () => {
    const caller = server.newCaller();
    await caller.say(post('a'));
    await caller.hears(1);
    const whole = post('b and more');
    for (const piece of [whole.slice(0, 9), whole.slice(9, 60), whole.slice(60, -4), whole.slice(-4)]) {
      await caller.say(piece);
      await turn();
    }
    await caller.hears(2);
    await caller.say(post('c'));
    await caller.hears(3);
    expect(caller.bodies).toEqual(['ok a', 'ok b and more', 'ok c']);
    expect(server.calls).toEqual(['plain a', 'node b and more', 'node c']);
  });

  it('that brings several at once gets all answers in order', async () => {
    const caller = server.newCaller();
    await caller.say(post('a') + post('b') + post('c').slice(0, -1));
    await caller.hears(2);
    await caller.say('c');
    await caller.hears(3);
    expect(caller.bodies).toEqual(['ok a', 'ok b', 'ok c']);
    expect(server.calls).toEqual(['node a', 'node b', 'node c']);
  });

  it('that does not wait for its answers has one call at a time, and gets them in order', async () => {
    server.answers = null;
    const caller = server.newCaller();
    for (const body of ['a', 'b', 'c', 'd']) {
      await caller.say(post(body));
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    await until(() => server.waiting.length > 0);
    expect(server.calls).toEqual(['plain a']);
    server.answers = (exchange, body) =>
      setImmediate(() => exchange.answer({ ...ok, body: `ok ${body}` }, null));
    server.waiting[0]!.answer({ ...ok, body: 'ok a' }, null);
    await caller.hears(4);
    expect(caller.bodies).toEqual(['ok a', 'ok b', 'ok c', 'ok d']);
    expect(server.calls.map((call) => call.split(' ')[1])).toEqual(['a', 'b', 'c', 'd']);
  });

  it('never gets a second answer to a call as that of the next', async () => {
    server.answers = null;
    const caller = server.newCaller();
    await caller.say(post('a'));
    await until(() => server.waiting.length === 1);
    server.waiting[0]!.answer({ ...ok, body: 'first' }, null);
    await caller.hears(1);
    await caller.say(post('b'));
    await until(() => server.waiting.length === 2);
    server.waiting[0]!.answer({ ...ok, body: 'again' }, null);
    expect(server.waiting[0]!.isGone).toBe(true);
    server.waiting[1]!.answer({ ...ok, body: 'second' }, null);
    await caller.hears(2);
    expect(caller.bodies).toEqual(['first', 'second']);
  });

  it('whose caller hangs up has nobody to answer', async () => {
    server.answers = null;
    const caller = server.newCaller();
    await caller.say(post('a'));
    await until(() => server.waiting.length === 1);
    expect(server.waiting[0]!.isGone).toBe(false);
    caller.socket.destroy();
    await until(() => server.waiting[0]!.isGone);
    server.waiting[0]!.answer(ok, null);
    expect(server.calls).toEqual(['plain a']);
  });

  it('whose caller resets it harms nobody', async () => {
    server.answers = null;
    const caller = server.newCaller();
    await caller.say(post('a'));
    await until(() => server.waiting.length === 1);
    caller.socket.resetAndDestroy();
    server.waiting[0]!.answer(ok, null);
    await until(() => server.waiting[0]!.isGone);
  });

  it('after its last answer takes no call any more', async () => {
    const caller = server.newCaller();
    caller.socket.pause();
    server.answers = (exchange) => exchange.answer({ ...ok, body: 'x'.repeat(8_000_000) }, null);
    await caller.say(post('a', 'Connection: close'));
    await until(() => server.calls.length === 1);
    await caller.say(post('b'));
    await new Promise((resolve) => setTimeout(resolve, 30));
    caller.socket.resume();
    await until(() => caller.isClosed);
    expect(server.calls).toEqual(['plain a']);
    expect(caller.bodies[0]).toHaveLength(8_000_000);
  });

  it('whose caller reads no answers is not asked for more server.calls than fit', async () => {
    server.answers = (exchange) => exchange.answer({ ...ok, body: 'x'.repeat(1_000_000) }, null);
    const caller = server.newCaller();
    caller.socket.pause();
    for (let sent = 0; sent < 60; sent++) {
      await caller.say(post('a'));
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    expect(server.calls.length).toBeGreaterThan(0);
    expect(server.calls.length).toBeLessThan(60);
    caller.socket.resume();
    await until(() => server.calls.length === 60);
    await caller.hears(60);
  });

  it('of a server that takes no webhooks is left to Node', async () => {
    server.isOpen = false;
    const caller = server.newCaller();
    await caller.say(post('a'));
    await caller.hears(1);
    expect(server.calls).toEqual(['node a']);
  });

  it('that Node refuses is answered as ever', async () => {
    server.server.on('clientError', (_error, socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    const caller = server.newCaller();
    await caller.say(post('a'));
    await caller.hears(1);
    await caller.say('no HTTP\r\n\r\n');
    await until(() => caller.isClosed);
    expect(caller.text).toMatch(/^HTTP\/1\.1 200 [^]*HTTP\/1\.1 400 /);
  });
});

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
    await pass(70_000);
    await caller.say(post('b'));
    await caller.hears(2);
    await pass(70_000);
    expect(caller.isClosed).toBe(false);
    await pass(10_000);
    await until(() => caller.isClosed);
    expect(caller.bodies).toEqual(['ok a', 'ok b']);
  });

  it('on which nothing ever came is told so, and closed', async () => {
    const caller = server.newCaller();
    await new Promise((resolve) => caller.socket.once('connect', resolve));
    await turn();
    await pass(60_000);
    expect(caller.text).toBe('');
    await pass(5_000);
    await until(() => caller.isClosed);
    expect(caller.text).toMatch(/^HTTP\/1\.1 408 [^]*did not arrive in time/);
  });

  it('is not one whose call takes long', async () => {
    server.answers = null;
    const caller = server.newCaller();
    await caller.say(post('a'));
    await until(() => server.waiting.length === 1);
    await pass(600_000);
    server.waiting[0]!.answer(ok, null);
    await caller.hears(1);
    expect(caller.isClosed).toBe(false);
  });
});

describe('a server that stops', () => {
  it('closes idle connections, answers server.calls once more and lets their callers go', async () => {
    server.answers = null;
    const [idle, busy] = [server.newCaller(), server.newCaller()];
    await Promise.all([idle, busy].map((caller) => caller.say(post('a'))));
    await until(() => server.waiting.length === 2);
    server.waiting[0]!.answer(ok, null);
    const [answered, other] = await vi.waitUntil(() =>
      idle.bodies.length === 1 ? [idle, busy] : busy.bodies.length === 1 && [busy, idle],
    );
    server.plain.isStopping = true;
    const closed = new Promise((resolve) => server.server.close(resolve));
    server.plain.closeIdle();
    await until(() => answered!.isClosed);
    expect(other!.isClosed).toBe(false);
    server.waiting[1]!.answer(ok, null);
    await until(() => other!.isClosed);
    expect(other!.text).toContain('\r\nConnection: close\r\n');
    expect(other!.bodies).toEqual(['ok']);
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
});
