import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Signalbox } from './signalbox.ts';

const program = new URL('../../dist/copy-database.js', import.meta.url).pathname;

/** How the program that copies a database ended. */
export interface CopyEnd {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** Runs it as an operator does. */
export async function runCopy(args: readonly string[], env: Record<string, string> = {}): Promise<CopyEnd> {
  const child = spawn(process.execPath, [program, ...args], {
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const end = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (end.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (end.stderr += text));
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, ...end };
}

/** The SQLite file of a data folder, as a server is told of it. */
export function sqliteUrl(dataFolder: string): string {
  return `sqlite:${join(dataFolder, 'signalbox.db')}`;
}

/** A server on SQLite, whatever the other tests run on. */
export function startOnSqlite(dataFolder: string, env: Record<string, string> = {}): Promise<Signalbox> {
  return Signalbox.start({ dataFolder, env: { DATABASE_URL: sqliteUrl(dataFolder), ...env } });
}

/** What the key file of a data folder holds. */
export function keyOf(dataFolder: string): string {
  return readFileSync(join(dataFolder, 'secrets.key'), 'utf8').trim();
}
