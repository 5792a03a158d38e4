import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { get } from 'node:http';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { treePids } from './proc-stat.ts';

/** How a server is started. */
interface ServerCommand {
  /** Arguments of the Node that runs this program. */
  args: string[];
  cwd: string;
  env: Record<string, string>;
  /** Where its data and its log go. */
  folder: string;
  readyUrl: string;
}

/** A server's process, ready. */
interface ServerProcess {
  pid: number;
  readyMs: number;
  stop(): Promise<void>;
}

const readyMsMax = 60_000;
const stopMsMax = 35_000;
const started = new Set<ChildProcess>();

/** A port nobody listens on. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const address = server.address();
  await new Promise((done) => server.close(done));
  if (address === null || typeof address === 'string') throw new Error('No free port');
  return address.port;
}

/** A key nobody can guess, for a server that lives for one run. */
export function randomKey(): string {
  return randomBytes(32).toString('hex');
}

/** Starts a server and waits until its health address answers 200. */
export async function startServer(command: ServerCommand): Promise<ServerProcess> {
  mkdirSync(command.folder, { recursive: true });
  const logFile = join(command.folder, 'server.log');
  const log = openSync(logFile, 'a');
  const begin = performance.now();
  const child = spawn(process.execPath, command.args, {
    cwd: command.cwd,
    // Nothing of this process's environment but what finds programs: no proxies, no NODE_OPTIONS.
    env: { PATH: `${dirname(process.execPath)}:/usr/bin:/bin`, HOME: command.folder, ...command.env },
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  started.add(child);
  const stop = (): Promise<void> => stopServer(child);
  try {
    await untilReady(child, command.readyUrl, begin + readyMsMax);
  } catch (error) {
    await stop();
    const tail = readFileSync(logFile, 'utf8').trimEnd().split('\n').slice(-15).join('\n');
    throw new Error(`${String(error)}\n${tail}`, { cause: error });
  }
  return { pid: Number(child.pid), readyMs: performance.now() - begin, stop };
}

async function untilReady(child: ChildProcess, url: string, deadline: number): Promise<void> {
  let failure: Error | undefined;
  child.once('error', (error) => (failure = error));
  while ((await statusOf(url)) !== 200) {
    if (failure !== undefined) throw failure;
    if (child.exitCode !== null) throw new Error(`It ended with code ${child.exitCode} before it was ready`);
    if (performance.now() > deadline) throw new Error(`Not ready within ${readyMsMax / 1000} s`);
    await sleep(10);
  }
}

function statusOf(url: string): Promise<number> {
  return new Promise((done) => {
    const request = get(url, { agent: false, timeout: 2000 }, (response) => {
      response.resume();
      done(response.statusCode ?? 0);
    });
    request.on('timeout', () => request.destroy());
    request.on('error', () => done(0));
  });
}

/** Asks it to end; what is left of its tree after the time limit is killed by id. */
async function stopServer(child: ChildProcess): Promise<void> {
  started.delete(child);
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const pids = treePids(child.pid);
  const ended = new Promise<boolean>((done) => child.once('exit', () => done(true)));
  child.kill('SIGTERM');
  if (await Promise.race([ended, sleep(stopMsMax, false, { ref: false })])) return;
  kill(pids);
  await ended;
}

/** Ends all servers at once, for when this program is interrupted. */
export function killServers(): void {
  for (const child of started) if (child.pid !== undefined) kill(treePids(child.pid));
}

function kill(pids: number[]): void {
  for (const pid of pids) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It has ended by itself.
    }
  }
}
