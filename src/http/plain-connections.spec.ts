import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ok, PlainServer, post, until } from '../../test/support/plain-server.ts';

let server: PlainServer;

beforeEach(async () => {
  server = await PlainServer.start();
});
afterEach(() => server.stop());

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
    const caller = await server.newWaiting('a');
    for (const body of ['b', 'c', 'd']) {
      await caller.say(post(body));
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    expect(server.calls).toEqual(['plain a']);
    server.answers = (exchange, body) =>
      setImmediate(() => exchange.answer({ ...ok, body: `ok ${body}` }, null));
    server.waiting[0]!.answer({ ...ok, body: 'ok a' }, null);
    await caller.hears(4);
    expect(caller.bodies).toEqual(['ok a', 'ok b', 'ok c', 'ok d']);
    expect(server.calls.map((call) => call.split(' ')[1])).toEqual(['a', 'b', 'c', 'd']);
  });

  it('that does not wait, and brings part of a request before its turn, is left to Node with all of it', async () => {
    const caller = await server.newWaiting('a');
    const rest = post('b') + post('c');
    for (const piece of [rest.slice(0, 20), rest.slice(20, 90), rest.slice(90)]) {
      await caller.say(piece);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    server.answers = (exchange, body) => exchange.answer({ ...ok, body: `ok ${body}` }, null);
    server.waiting[0]!.answer({ ...ok, body: 'ok a' }, null);
    await caller.hears(3);
    expect(caller.bodies).toEqual(['ok a', 'ok b', 'ok c']);
    expect(server.calls).toEqual(['plain a', 'node b', 'node c']);
  });

  it('never gets a second answer to a call as that of the next', async () => {
    const caller = await server.newWaiting('a');
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
    const caller = await server.newWaiting('a');
    expect(server.waiting[0]!.isGone).toBe(false);
    caller.socket.destroy();
    await until(() => server.waiting[0]!.isGone);
    server.waiting[0]!.answer(ok, null);
    expect(server.calls).toEqual(['plain a']);
  });

  it('whose caller resets it harms nobody', async () => {
    const caller = await server.newWaiting('a');
    caller.socket.resetAndDestroy();
    await server.untilAlone();
    expect(server.waiting[0]!.isGone).toBe(true);
    server.waiting[0]!.answer(ok, null);
    await turn();
    expect(server.calls).toEqual(['plain a']);
  });

  it('whose caller ends his side is closed, and what came before its turn is no call', async () => {
    const caller = await server.newWaiting('a');
    await caller.say(post('b'));
    caller.socket.end();
    await server.untilAlone();
    expect(server.waiting[0]!.isGone).toBe(true);
    expect(server.calls).toEqual(['plain a']);
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

  it('whose caller reads no answers is not asked for more calls than fit', async () => {
    server.answers = (exchange) => exchange.answer({ ...ok, body: 'x'.repeat(1_000_000) }, null);
    const caller = server.newCaller();
    caller.socket.pause();
    for (let sent = 0; sent < 60; sent++) {
      await caller.say(post('a'));
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    const asked = server.calls.length;
    expect(asked).toBeGreaterThan(0);
    expect(asked).toBeLessThan(60);
    expect(server.calls).toEqual(Array.from({ length: asked }, () => 'plain a'));
    caller.socket.resume();
    await until(() => server.calls.length === 60 && caller.text.length > 60_000_000);
    expect(caller.bodies).toHaveLength(60);
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
