/**
 * Keeps one PostgreSQL, in a folder of the system's temporary one, until standard input ends: no longer than the
 * process lives that asked for it, whatever ends that. Prints the superuser's URL once connections are taken, and again
 * after each fall. A number on standard input lets it fall as a crash would, nobody is told, nothing is written first, and
 * get up after so many milliseconds.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { appendFileSync, chownSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../free-port.ts';
import { copyBinaries } from './binaries.ts';

/** PostgreSQL refuses to run as root. */
const user = process.getuid?.() === 0 ? { uid: idOf('-u'), gid: idOf('-g') } : null;
const env = { PATH: process.env['PATH'], LC_ALL: 'C', TZ: 'UTC' };
/** Where the server's log goes, if anywhere. */
const logFile = process.env['TEST_POSTGRES_LOG'];
const settings = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '400',
  shared_buffers: '128MB',
  fsync: 'on',
  synchronous_commit: 'on',
};

const folder = mkdtempSync(join(tmpdir(), 'signalbox-postgres-'));
const data = join(folder, 'data');
let server: ChildProcess | undefined;
let isEnding = false;
/** Its programs, port and superuser, once it runs. */
let running: { programs: string; port: number; url: string } | undefined;

function idOf(kind: '-u' | '-g'): number {
  return Number(execFileSync('id', [kind, 'nobody']).toString());
}

function initialise(programs: string, password: string): void {
  const passwordFile = join(folder, 'password');
  writeFileSync(passwordFile, password);
  mkdirSync(data);
  if (user) for (const path of [folder, data, passwordFile]) chownSync(path, user.uid, user.gid);
  const options = [`--pgdata=${data}`, '--username=postgres', `--pwfile=${passwordFile}`, '--encoding=UTF8'];
  // Texts are ordered as most installations order them, and not byte by byte, wherever the tests run.
  options.push('--locale=C', '--locale-provider=icu', '--icu-locale=en-US');
  // More iterations would slow down each of some thousand connections.
  options.push('--auth=scram-sha-256', '--set=scram_iterations=1', '--no-sync');
  execFileSync(join(programs, 'initdb'), options, { ...user, env, stdio: ['ignore', 'ignore', 'inherit'] });
}

/** @returns when it takes connections. @throws with its log when it ends before. */
async function start(programs: string, port: number): Promise<void> {
  const options = Object.entries(settings).map(([name, value]) => `--${name}=${value}`);
  const child = spawn(join(programs, 'postgres'), [`-D${data}`, `-p${port}`, ...options], {
    ...user,
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  server = child;
  let log = '';
  let isReady = false;
  await new Promise<unknown>((resolve, reject) => {
    child.stderr.on('data', (chunk: Buffer) => {
      if (logFile) appendFileSync(logFile, chunk);
      if (!isReady) log += chunk.toString();
      if (!isReady && log.includes('ready to accept connections')) resolve((isReady = true));
    });
    child.once('error', reject);
    child.once('exit', () => reject(new Error(`PostgreSQL ended:\n${log}`)));
  });
}

function gone(): void {
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  process.exit();
}

/** Nothing is kept, and so nothing has to be written at the end. */
function end(): void {
  if (isEnding) return;
  isEnding = true;
  if (server && server.exitCode === null && server.signalCode === null) {
    server.once('exit', gone);
    server.kill('SIGQUIT');
  } else gone();
}

async function fall(downMs: number): Promise<void> {
  if (!server || !running || isEnding) return;
  const ended = once(server, 'exit');
  server.kill('SIGQUIT');
  await ended;
  await sleep(downMs);
  if (isEnding) return;
  await start(running.programs, running.port);
  console.log(running.url);
}

process.stdin
  .on('data', (line) => void fall(Number(line)).catch(end))
  .on('end', end)
  .on('error', end);
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, end);
try {
  const password = randomBytes(12).toString('hex');
  const programs = copyBinaries(join(folder, 'home'));
  initialise(programs, password);
  const port = await freePort();
  await start(programs, port);
  running = { programs, port, url: `postgres://postgres:${password}@127.0.0.1:${port}/postgres` };
  console.log(running.url);
} catch (error) {
  console.error(error);
  process.exitCode = 1;
  end();
}
