import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Database } from '../../../src/platform/db/index.ts';
import { Sealer } from '../../../src/platform/sealing.ts';
import { dropRetired, makeTemplate } from './databases.ts';

const keeper = fileURLToPath(new URL('keep.ts', import.meta.url));
const SWEEP_MS = 1_000;
const ending = new AbortController();
let keeping: ChildProcess | undefined;

/** Starts the one PostgreSQL that all specs of this run share. */
export async function setup(): Promise<void> {
  // Detached: Ctrl-C ends the tests, and their end ends the server.
  const child = spawn(process.execPath, [keeper], { stdio: ['pipe', 'pipe', 'inherit'], detached: true });
  keeping = child;
  process.env['TEST_POSTGRES_URL'] = await new Promise<string>((resolve, reject) => {
    child.stdout.once('data', (line: Buffer) => resolve(line.toString().trim()));
    child.once('exit', (code) => reject(new Error(`PostgreSQL did not start (${code})`)));
  });
  await makeTemplate(async (url) => (await Database.open(url, [], new Sealer(randomBytes(32)))).close());
  // Where it fails, the databases stay until the end.
  sweep().catch(() => undefined);
}

/** Ends it and removes its data. */
export async function teardown(): Promise<void> {
  ending.abort();
  const child = keeping;
  if (!child || child.exitCode !== null) return;
  await new Promise((resolve) => {
    child.once('exit', resolve);
    child.stdin?.end();
  });
}

async function sweep(): Promise<void> {
  while (!ending.signal.aborted) {
    await dropRetired();
    await sleep(SWEEP_MS, undefined, { signal: ending.signal });
  }
}
