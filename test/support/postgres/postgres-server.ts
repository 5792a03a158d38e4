import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { makeTemplate } from './databases.ts';

const keeper = fileURLToPath(new URL('keep.ts', import.meta.url));

/** A PostgreSQL that lives no longer than who started it. */
export class PostgresServer {
  private readonly keeping: ChildProcess;
  /** The superuser's address. */
  readonly url: string;

  private constructor(keeping: ChildProcess, url: string) {
    this.keeping = keeping;
    this.url = url;
  }

  static async start(): Promise<PostgresServer> {
    // Detached: Ctrl-C ends who asked for it, and his end ends the server.
    const child = spawn(process.execPath, [keeper], { stdio: ['pipe', 'pipe', 'inherit'], detached: true });
    return new PostgresServer(child, await nextUrl(child));
  }

  /** Of the process that keeps it: PostgreSQL's own are below. */
  get pid(): number {
    return this.keeping.pid!;
  }

  /** From now on this process's databases are on it. @param prepare is given an address, and makes the tables of all of them there. */
  async serveTests(prepare: (url: string) => Promise<void>): Promise<void> {
    process.env['TEST_POSTGRES_URL'] = this.url;
    await makeTemplate(prepare);
  }

  /** Ends it as a crash would and starts it again after a while, at the same address. @returns when it takes connections. */
  async restart(downMs: number): Promise<void> {
    const again = nextUrl(this.keeping);
    this.keeping.stdin!.write(`${downMs}\n`);
    await again;
  }

  /** Ends it and removes its data. */
  async stop(): Promise<void> {
    if (this.keeping.exitCode !== null || this.keeping.signalCode !== null) return;
    const ended = once(this.keeping, 'exit');
    this.keeping.stdin?.end();
    await ended;
  }
}

/** What the keeper prints when the server takes connections. */
async function nextUrl(keeping: ChildProcess): Promise<string> {
  const isOver = new AbortController();
  const { signal } = isOver;
  try {
    return await Promise.race([
      once(keeping.stdout!, 'data', { signal }).then(([line]) => (line as Buffer).toString().trim()),
      once(keeping, 'exit', { signal }).then(([code]) => {
        throw new Error(`PostgreSQL did not start (${String(code)})`);
      }),
    ]);
  } finally {
    isOver.abort();
  }
}
