import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { Database } from '../../../src/platform/db/index.ts';
import { Sealer } from '../../../src/platform/sealing.ts';
import { makeTemplate } from './databases.ts';

const keeper = fileURLToPath(new URL('keep.ts', import.meta.url));

/** A PostgreSQL that lives no longer than who started it. */
export class PostgresServer {
  private constructor(private readonly keeping: ChildProcess) {}

  /** Starts it, with the tables of the product: this process's databases are on it from now on. */
  static async start(): Promise<PostgresServer> {
    // Detached: Ctrl-C ends the tests, and their end ends the server.
    const child = spawn(process.execPath, [keeper], { stdio: ['pipe', 'pipe', 'inherit'], detached: true });
    const server = new PostgresServer(child);
    process.env['TEST_POSTGRES_URL'] = await server.nextUrl();
    await makeTemplate(async (url) => (await Database.open(url, [], new Sealer(randomBytes(32)))).close());
    return server;
  }

  /** Ends it as a crash would and starts it again, at the same address. */
  async restart(): Promise<void> {
    const again = this.nextUrl();
    this.keeping.kill('SIGUSR2');
    await again;
  }

  /** Ends it and removes its data. */
  async stop(): Promise<void> {
    if (this.keeping.exitCode !== null) return;
    const ended = once(this.keeping, 'exit');
    this.keeping.stdin?.end();
    await ended;
  }

  /** What the keeper prints when it takes connections. */
  private nextUrl(): Promise<string> {
    return new Promise((resolve, reject) => {
      this.keeping.stdout?.once('data', (line: Buffer) => resolve(line.toString().trim()));
      this.keeping.once('exit', (code) => reject(new Error(`PostgreSQL did not start (${code})`)));
    });
  }
}
