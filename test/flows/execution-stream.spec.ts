import { connect } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ExecutionChanges } from '../../src/features/executions/execution-changes.ts';
import { ExecutionStreams } from '../../src/features/executions/index.ts';
import { EventReader } from '../support/event-reader.ts';
import { InProcess } from '../support/in-process.ts';
import { Signalbox } from '../support/signalbox.ts';

let server: InProcess;
let streams: ExecutionStreams;
const readers: EventReader[] = [];

beforeAll(async () => {
  server = await InProcess.start();
  streams = server.app.get(ExecutionStreams);
  await server.createConfig('orders');
  await server.createConfig('other', { executionCode: 'throw new Error("no");' });
  await server.createConfig('acting', {
    executionCode:
      'doCmd("SendHttpRequestCommand", { method: "GET", url: "http://127.0.0.1:9/" }); return 1;',
  });
});
afterEach(async () => {
  for (const reader of readers.splice(0)) reader.close();
  while (streams.size > 0) await new Promise(setImmediate);
});
afterAll(() => server.stop());

async function open(
  headers: Record<string, string> = {},
  query = '',
  from: Pick<InProcess, 'url' | 'apiKey'> = server,
): Promise<EventReader> {
  const credentials = 'Authorization' in headers ? {} : { 'X-API-Key': from.apiKey };
  const reader = await EventReader.open(from.url, { ...credentials, ...headers }, query);
  readers.push(reader);
  return reader;
}

describe('The stream of executions', () => {
  it('tells each call once it is on disk, as the list shows it', async () => {
    const reader = await open();
    expect(reader.status).toBe(200);
    expect(reader.response.headers).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store, no-transform',
      'x-request-id': expect.stringMatching(/^req_/) as string,
    });
    const id = await server.call('orders');
    await reader.until(({ events }) => events.length === 1);
    const list = await server.command<{ items: object[] }>('GetWebHookExecutionListQuery', { search: id });
    expect(reader.events).toEqual([
      { id: expect.any(String), event: 'execution', data: list.body.data.items[0] },
    ]);
    expect(reader.text).toMatch(/^retry: \d+$/m);
  });

  it('tells of a call with effects when it is received and when it has ended, and of one that is rejected', async () => {
    const reader = await open();
    const acting = await server.call('acting');
    const rejected = await fetch(`${server.url}/api/webhooks/orders`, {
      method: 'POST',
      body: '{',
      headers: { 'Content-Type': 'application/json' },
    });
    await reader.until(({ events }) => events.length === 3);
    expect(reader.changes).toEqual([
      `${acting} received`,
      `${acting} succeeded`,
      `${rejected.headers.get('x-execution-id')} rejected`,
    ]);
  });

  it('filters by key and by status', async () => {
    const [orders, failed, none] = [
      await open({}, '?key=orders'),
      await open({}, '?status=failed'),
      await open({}, '?key=orders&status=failed'),
    ];
    const first = await server.call('other');
    const second = await server.call('orders');
    await orders.until(({ events }) => events.length === 1);
    await failed.until(({ events }) => events.length === 1);
    expect([orders.changes, failed.changes]).toEqual([[`${second} succeeded`], [`${first} failed`]]);
    await streams.tick();
    await none.until(({ lastEventId }) => lastEventId === orders.lastEventId);
    expect(none.events).toEqual([]);
  });

  it('shows nothing of another account', async () => {
    const stranger = await open(await server.user('stranger', { role: 'admin', accountId: 'elsewhere' }));
    const own = await open();
    await server.call('orders');
    await own.until(({ events }) => events.length === 1);
    await streams.tick();
    await stranger.until(({ lastEventId }) => lastEventId === own.lastEventId);
    expect(stranger.events).toEqual([]);
  });

  it('gives a sign of life that is no event', async () => {
    const reader = await open();
    await streams.tick();
    await reader.until(({ text }) => /^:$/m.test(text));
    expect(reader.events).toEqual([]);
  });
});

describe('A reader who comes again', () => {
  it('gets what he has missed, each change once and in order', async () => {
    const whole = await open();
    const first = await open();
    await server.call('orders');
    await first.until(({ events }) => events.length === 1);
    first.close();
    const missed = [await server.call('orders'), await server.call('other'), await server.call('acting')];
    const again = await open({ 'Last-Event-ID': first.lastEventId });
    const later = await server.call('orders');
    await again.until(({ events }) => events.length === 5);
    expect(again.changes).toEqual([
      `${missed[0]} succeeded`,
      `${missed[1]} failed`,
      `${missed[2]} received`,
      `${missed[2]} succeeded`,
      `${later} succeeded`,
    ]);
    await whole.until(({ events }) => events.length === 6);
    expect([...first.events, ...again.events]).toEqual(whole.events);
  });

  it('misses and repeats none of many calls, however often he is cut off', async () => {
    const first = await open();
    await first.until((reader) => reader.lastEventId !== '');
    const made: string[] = [];
    const calling = Promise.all(
      Array.from({ length: 8 }, async () => {
        for (let n = 0; n < 40; n++) made.push(await server.call('orders', { n }));
      }),
    );
    const seen: string[] = [];
    let { lastEventId } = first;
    first.close();
    for (let round = 0; round < 12; round++) {
      const reader = await open({ 'Last-Event-ID': lastEventId });
      await reader.until(({ events }) => events.length > 0 || made.length === 320);
      reader.close();
      await reader.until(({ hasEnded }) => hasEnded);
      seen.push(...reader.changes);
      lastEventId = reader.lastEventId;
    }
    await calling;
    const rest = await open({ 'Last-Event-ID': lastEventId });
    const expected = made.map((id) => `${id} succeeded`);
    await rest.until(({ events }) => seen.length + events.length >= expected.length);
    seen.push(...rest.changes);
    expect(seen.toSorted()).toEqual(expected.toSorted());
  });

  it.each(['nonsense', '0-0', 'abc-99999999999999999999', '-', '1-1 OR 1=1'])(
    'is told to read the list again where his place is not known: %s',
    async (lastEventId) => {
      const reader = await open({ 'Last-Event-ID': lastEventId });
      await reader.until(({ events }) => events.length === 1);
      const id = await server.call('orders');
      await reader.until(({ events }) => events.length === 2);
      expect(reader.changes).toEqual(['reset', `${id} succeeded`]);
    },
  );

  it('is told so too after the server has started anew', async () => {
    const env = { ADMIN_API_KEY: server.apiKey };
    const old = await InProcess.start(env);
    const before = await open({}, '', old);
    await before.until(({ lastEventId }) => lastEventId !== '');
    await old.stop({ keepsFolder: true });
    const next = await InProcess.start(env, old.dataFolder);
    const again = await open({ 'Last-Event-ID': before.lastEventId }, '', next);
    await again.until(({ events }) => events.length === 1);
    expect(again.changes).toEqual(['reset']);
    await next.stop();
    await again.until(({ hasEnded }) => hasEnded);
  });
});

describe('A reader who takes nothing', () => {
  it('is let go and costs no memory; he has whole events up to there, and is told of the rest', async () => {
    const changes = server.app.get(ExecutionChanges);
    const witness = await open();
    const { hostname, port } = new URL(server.url);
    const socket = connect(Number(port), hostname);
    socket.write(`GET /api/executions/stream HTTP/1.1\r\nHost: x\r\nX-API-Key: ${server.apiKey}\r\n\r\n`);
    while (streams.size < 2) await new Promise(setImmediate);
    const id = await server.call('orders');
    await witness.until(({ events }) => events.length === 1);
    const { data } = witness.events[0]!;
    const change = {
      ...data,
      accountId: 'default',
      receivedAt: 0,
      finishedAt: 0,
      ip: 'x'.repeat(500),
    } as never;
    for (let n = 0; streams.size === 2 && n < 200_000; n++) {
      changes.note(change);
      if (n % 500 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    }
    expect(streams.size).toBe(1);
    let text = '';
    socket.on('data', (chunk) => (text += chunk.toString()));
    await new Promise((resolve) => socket.once('close', resolve));
    const places = [...text.matchAll(/^id: (\w+-(\d+))\nevent/gm)];
    expect(text).toContain(id);
    expect(places.map((match, at) => Number(match[2]) - at)).toEqual(places.map(() => Number(places[0]![2])));
    const again = await open({ 'Last-Event-ID': places.at(-1)![1]! });
    await again.until(({ events }) => events.length > 0);
    expect(again.changes).toEqual(['reset']);
  });
});

describe('A server that is asked to stop', () => {
  it('ends its streams and does not wait for a reader who takes nothing', async () => {
    const signalbox = await Signalbox.start();
    const reader = await open({}, '', signalbox);
    const { hostname, port } = new URL(signalbox.url);
    const socket = connect(Number(port), hostname);
    socket.on('error', () => undefined);
    socket.write(`GET /api/executions/stream HTTP/1.1\r\nHost: x\r\nX-API-Key: ${signalbox.apiKey}\r\n\r\n`);
    await signalbox.createConfig('orders');
    await signalbox.call('orders', {});
    await reader.until(({ events }) => events.length === 1);
    const began = performance.now();
    expect(await signalbox.stop()).toBe(0);
    expect(performance.now() - began).toBeLessThan(10_000);
    await reader.until(({ hasEnded }) => hasEnded);
    expect(reader.response.complete).toBe(true);
    socket.destroy();
  });

  it('lets go of one whose connection is full', async () => {
    const full = await InProcess.start();
    const changes = full.app.get(ExecutionChanges);
    const { hostname, port } = new URL(full.url);
    const socket = connect(Number(port), hostname);
    socket.on('error', () => undefined);
    socket.write(`GET /api/executions/stream HTTP/1.1\r\nHost: x\r\nX-API-Key: ${full.apiKey}\r\n\r\n`);
    while (full.app.get(ExecutionStreams).size < 1) await new Promise(setImmediate);
    const change = {
      id: 'x'.repeat(1_000),
      accountId: 'default',
      key: 'k',
      receivedAt: 0,
      finishedAt: 0,
      nextAttemptAt: null,
    } as never;
    for (let n = 0; n < 15_000; n++) {
      changes.note(change);
      if (n % 500 === 0) await new Promise(setImmediate);
    }
    const began = performance.now();
    await full.stop();
    expect(performance.now() - began).toBeLessThan(10_000);
    socket.destroy();
  });
});
