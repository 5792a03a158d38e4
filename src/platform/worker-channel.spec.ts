import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { WorkerChannel } from './worker-channel.ts';

/** Reads its channel to the end, some time after its input has ended, and says how much came and what its digest is. */
const READER = `
  const { readSync } = require('node:fs');
  readSync(0, Buffer.alloc(1), 0, 1, null);
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300);
  const digest = require('node:crypto').createHash('sha256');
  const chunk = Buffer.alloc(65536);
  let bytes = 0;
  for (let got; (got = readSync(3, chunk, 0, chunk.length, null)) > 0; bytes += got) digest.update(chunk.subarray(0, got));
  console.log(bytes, digest.digest('hex'));`;

const children: ReturnType<typeof spawn>[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

function started(code: string) {
  const child = spawn(process.execPath, ['-e', code], { stdio: ['pipe', 'pipe', 'inherit', 'pipe'] });
  children.push(child);
  let output = '';
  child.stdout!.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const socket = child.stdio[3] as Socket;
  return { child, socket, channel: new WorkerChannel(socket), output: () => output.trim() };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('WorkerChannel', () => {
  it.each([
    ['small frames, more than the system takes at once', Array.from({ length: 3_000 }, () => 1_000)],
    [
      'frames larger than the place they are laid out in, between small ones',
      [10, 200_000, 7, 65_536, 65_537, 1],
    ],
    ['one that fills it exactly, and the next', [65_000, 536, 1]],
  ])('brings over in order: %s', async (_what, sizes) => {
    const { child, channel, output } = started(READER);
    child.stdin!.end();
    const sent = createHash('sha256');
    let bytes = 0;
    for (const [index, size] of sizes.entries()) {
      const frame = randomBytes(size);
      frame.copy(channel.room(size));
      sent.update(frame);
      bytes += size;
      if (index % 7 === 0) await turn();
    }
    channel.end();
    await once(child, 'close');
    expect(output()).toBe(`${bytes} ${sent.digest('hex')}`);
  });

  it('goes on by itself after the reader was behind', async () => {
    const { child, socket, channel, output } = started(READER);
    const sent = createHash('sha256');
    const send = (size: number) => {
      const frame = randomBytes(size);
      frame.copy(channel.room(size));
      sent.update(frame);
    };
    for (let n = 0; n < 40; n++) send(50_000);
    await turn();
    expect(socket.writableLength).toBeGreaterThan(0);
    child.stdin!.end();
    while (socket.writableLength > 0) await new Promise((resolve) => setTimeout(resolve, 10));
    send(20);
    channel.end();
    await once(child, 'close');
    expect(output()).toBe(`${40 * 50_000 + 20} ${sent.digest('hex')}`);
  });

  it('sends nothing ahead of what the system has not taken yet', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'channel-'));
    const path = join(folder, 'sent');
    const descriptor = openSync(path, 'w');
    const queued: { text: string; done: () => void }[] = [];
    const socket = Object.assign(new EventEmitter(), {
      writable: true,
      writableLength: 0,
      _handle: { fd: -1 },
      write: (bytes: Buffer, done: () => void) => queued.push({ text: bytes.toString(), done }),
    });
    const channel = new WorkerChannel(socket as unknown as Socket);
    const send = async (text: string) => {
      channel.room(text.length).write(text);
      await turn();
    };
    await send('first');
    socket.writableLength = 5;
    socket._handle.fd = descriptor;
    await send('second');
    expect([queued.map(({ text }) => text), readFileSync(path, 'utf8')]).toEqual([['first', 'second'], '']);
    socket.writableLength = 0;
    for (const { done } of queued) done();
    await send('third');
    expect([queued.length, readFileSync(path, 'utf8')]).toEqual([2, 'third']);
    closeSync(descriptor);
    rmSync(folder, { recursive: true });
  });

  it('drops what is meant for a process that is gone, and writes to no descriptor that was its', async () => {
    const { child, socket, channel } = started('');
    await once(child, 'close');
    channel.room(100).fill(1);
    await turn();
    channel.destroy();
    channel.room(100).fill(1);
    await turn();
    channel.end();
    expect(socket.destroyed).toBe(true);
    expect((socket as Socket & { _handle: unknown })._handle).toBeNull();
  });
});
