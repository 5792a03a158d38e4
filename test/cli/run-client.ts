import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const main = new URL('../../dist/cli/main.js', import.meta.url).pathname;

export interface ClientOptions {
  env?: Record<string, string>;
  cwd?: string;
  stdin?: string;
  /** What runs it; absent: the Node of the tests. */
  node?: string;
}

export interface ClientEnd {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** Starts the built client as a user does: a process of its own, told by arguments and environment. */
export function startClient(args: readonly string[], options: ClientOptions = {}): ChildProcess {
  const child = spawn(options.node ?? process.execPath, [main, ...args], {
    cwd: options.cwd ?? tmpdir(),
    env: { PATH: process.env['PATH'], ...options.env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  child.stdin!.end(options.stdin ?? '');
  return child;
}

/** Runs it to its end. */
export async function runClient(args: readonly string[], options: ClientOptions = {}): Promise<ClientEnd> {
  const child = startClient(args, options);
  const end = { stdout: '', stderr: '' };
  child.stdout!.setEncoding('utf8').on('data', (text: string) => (end.stdout += text));
  child.stderr!.setEncoding('utf8').on('data', (text: string) => (end.stderr += text));
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, ...end };
}

/** The environment with which the client speaks to a server as its admin. */
export function adminOf(server: { url: string; apiKey: string }): Record<string, string> {
  return { SIGNALBOX_URL: server.url, SIGNALBOX_API_KEY: server.apiKey };
}

/** A folder that is gone when the work with it is done. */
export async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-cli-'));
  try {
    await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
