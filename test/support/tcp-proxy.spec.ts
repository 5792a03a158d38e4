import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TcpProxy } from './tcp-proxy.ts';
import { until } from './until.ts';

const LATE_MS = 300;

let server: Server;
/** What the server behind the proxy was asked. */
let asked: string;
let proxy: TcpProxy;
let sockets: Socket[];

beforeEach(async () => {
  [asked, sockets] = ['', []];
  server = createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      asked += chunk.toString();
      socket.write(chunk);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  proxy = await TcpProxy.to(`tcp://127.0.0.1:${(server.address() as AddressInfo).port}`);
});

afterEach(async () => {
  await proxy.stop();
  for (const socket of sockets) socket.destroy();
  await new Promise((resolve) => server.close(resolve));
});

/** A program, with what it was answered and the error that ended its connection. */
function program() {
  const socket = connect(Number(new URL(proxy.url).port), '127.0.0.1');
  const told = { answer: '', error: '', isOver: false, send: (text: string) => socket.write(text), socket };
  socket.on('data', (chunk) => (told.answer += chunk.toString()));
  socket.on('error', (error: NodeJS.ErrnoException) => (told.error = error.code ?? ''));
  socket.on('close', () => (told.isOver = true));
  sockets.push(socket);
  return told;
}

/** @returns how long it took until the program had its answer. */
async function echoed(told: ReturnType<typeof program>, text: string): Promise<number> {
  const began = performance.now();
  const whole = told.answer + text;
  told.send(text);
  await until(async () => (told.answer === whole ? true : null));
  return performance.now() - began;
}

const over = (told: ReturnType<typeof program>) => until(async () => (told.isOver ? true : null));

describe('A proxy of TCP', () => {
  it('passes on what comes, whole and in its order, to its end', async () => {
    const told = program();
    const text = Array.from({ length: 200_000 }, (_, n) => `${n},`).join('');
    expect(await echoed(told, text)).toBeGreaterThan(0);
    told.socket.end('the last');
    await until(async () => (asked.endsWith('the last') ? true : null));
  });

  it('passes on later what comes while it delays, in its order also when it delays no more', async () => {
    const told = program();
    await echoed(told, 'soon ');
    proxy.delay(LATE_MS);
    expect(await echoed(told, 'late ')).toBeGreaterThanOrEqual(2 * LATE_MS - 2);
    proxy.delay(0, 'asked');
    told.send('first ');
    await until(async () => (asked.endsWith('first ') ? true : null));
    proxy.delay(0);
    told.send('second');
    await until(async () => (told.answer === 'soon late first second' ? true : null));
  });

  it('delays in one direction alone', async () => {
    const told = program();
    proxy.delay(LATE_MS, 'answered');
    const took = echoed(told, 'text');
    await until(async () => (asked === 'text' ? true : null));
    expect(told.answer).toBe('');
    expect(await took).toBeGreaterThanOrEqual(LATE_MS - 2);
  });

  it('resets every connection when it cuts, on both sides, and takes new ones', async () => {
    const [one, other] = [program(), program()];
    await Promise.all([echoed(one, 'one'), echoed(other, 'other')]);
    proxy.cut();
    await Promise.all([over(one), over(other)]);
    expect([one.error, other.error]).toEqual(['ECONNRESET', 'ECONNRESET']);
    await until(async () => (sockets.every((socket) => socket.destroyed) ? true : null));
    expect(proxy.cuts).toBe(2);
    await echoed(program(), 'again');
  });

  it('refuses everybody while it is closed, and lets through again when it is opened', async () => {
    const told = program();
    await echoed(told, 'before');
    proxy.close();
    await over(told);
    await over(program());
    proxy.open();
    await echoed(program(), 'after');
  });

  it('cuts one connection in the middle of what it asks: the server has a part of it, the other connection goes on', async () => {
    const [one, other] = [program(), program()];
    const cut = proxy.cutNext('COMMIT', 'asked');
    await echoed(other, 'SELECT');
    one.send('COMMIT and more of it');
    await cut;
    await over(one);
    expect([one.answer, proxy.cuts]).toEqual(['', 1]);
    await until(async () => (asked.includes('COMMIT an') ? true : null));
    expect(asked).not.toContain('more of it');
    await echoed(other, 'SELECT');
  });

  it('cuts one connection before the answer: the server has done what nobody hears of', async () => {
    const told = program();
    const cut = proxy.cutNext('COMMIT', 'answered');
    told.send('COMMIT');
    await cut;
    await over(told);
    expect([asked, told.answer, told.error]).toEqual(['COMMIT', '', 'ECONNRESET']);
    await echoed(program(), 'COMMIT');
  });
});
