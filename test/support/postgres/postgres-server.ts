import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { makeTemplate } from './databases.ts';

const keeper = fileURLToPath(new URL('keep.ts', import.meta.url));

/** A PostgreSQL that lives no longer than who started it. */
export class PostgresServer {
  private readonly keeping: ChildProcess;

  private constructor(keeping: ChildProcess) {
    this.keeping = keeping;
  }

  /** Starts it: this process's databases are on it from now on. @param prepare is given an address, and makes the tables of all of them there. */
  static async start(prepare: (url: string) => Promise<void>): Promise<PostgresServer> {
    // Detached: Ctrl-C ends the tests, and their end ends the server.
    const child = spawn(process.execPath, [keeper], { stdio: ['pipe', 'pipe', 'inherit'], detached: true });
    const server = new PostgresServer(child);
    process.env['TEST_POSTGRES_URL'] = await server.nextUrl();
    await makeTemplate(prepare);
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
