import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { databaseEnv } from './database.ts';
import { freePort } from './free-port.ts';

const main = new URL('../../dist/main.js', import.meta.url).pathname;
/** What a start compiles is the same each time: without it a start takes a tenth longer, and the tests make some hundred. */
const compiled = join(tmpdir(), 'signalbox-test-compiled');
const START_MS_MAX = 50_000;
const STOP_MS_MAX = 35_000;

/** The envelope of the command endpoint, as a client sees it. */
export interface Answer<Data = Record<string, unknown>> {
  status: number;
  headers: Headers;
  body: { success: boolean; data: Data; message: string; errors?: string[]; code?: string };
}

export interface SignalboxOptions {
  env?: Record<string, string>;
  /** A data folder to start again on; absent: a new one, removed at the end. */
  dataFolder?: string;
  /** What to run instead of `node dist/main.js`, with the two appended (strace, say). */
  wrapper?: string[];
}

const running = new Set<ChildProcess>();
process.once('exit', endAll);

/** Kills the servers that nobody has stopped: those of a test that failed. @returns how many there were. */
export function endAll(): number {
  const left = [...running];
  for (const child of left) child.kill('SIGKILL');
  running.clear();
  return left.length;
}

/** The product as its users have it: a real process on a real database, spoken to over HTTP. */
export class Signalbox {
  readonly url: string;
  output = '';

  readonly child: ChildProcess;
  readonly dataFolder: string;
  readonly apiKey: string;
  private readonly ownsFolder: boolean;

  private constructor(parts: {
    child: ChildProcess;
    port: number;
    dataFolder: string;
    apiKey: string;
    ownsFolder: boolean;
  }) {
    this.child = parts.child;
    this.dataFolder = parts.dataFolder;
    this.apiKey = parts.apiKey;
    this.ownsFolder = parts.ownsFolder;
    this.url = `http://127.0.0.1:${parts.port}`;
    for (const stream of [parts.child.stdout, parts.child.stderr])
      stream?.on('data', (chunk: Buffer) => (this.output += chunk.toString()));
  }

  /** Starts and waits until it is ready. @throws with its output when it is not. */
  static async start(options: SignalboxOptions = {}): Promise<Signalbox> {
    const dataFolder = options.dataFolder ?? mkdtempSync(join(tmpdir(), 'signalbox-test-'));
    const database = await databaseEnv(dataFolder);
    const port = await freePort();
    const apiKey = options.env?.['ADMIN_API_KEY'] ?? randomBytes(24).toString('hex');
    const [command, ...args] = [...(options.wrapper ?? []), process.execPath, main];
    const child = spawn(command!, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        PATH: process.env['PATH'],
        HOST: '127.0.0.1',
        PORT: String(port),
        NODE_ENV: 'production',
        NODE_COMPILE_CACHE: compiled,
        ...database,
        ADMIN_API_KEY: apiKey,
        ADMIN_PASSWORD: 'correct horse battery',
        ...options.env,
      },
    });
    running.add(child);
    child.once('exit', () => running.delete(child));
    const signalbox = new Signalbox({
      child,
      port,
      dataFolder,
      apiKey,
      ownsFolder: options.dataFolder === undefined,
    });
    await signalbox.untilReady();
    return signalbox;
  }

  /** One command or query. */
  async command<Data = Record<string, unknown>>(
    type: string,
    fields: Record<string, unknown> = {},
    headers: Record<string, string> = { 'X-API-Key': this.apiKey },
  ): Promise<Answer<Data>> {
    const response = await fetch(`${this.url}/api/bpm/cmd`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', ...headers },
      body: JSON.stringify({ $type: type, ...fields }),
    });
    return {
      status: response.status,
      headers: response.headers,
      body: (await response.json()) as Answer<Data>['body'],
    };
  }

  /** Creates a configuration; `fields` override a script at `POST /webhooks/<key>`. */
  async createConfig(key: string, fields: Record<string, unknown> = {}): Promise<Record<string, unknown>> {
    const isScript = (fields['executionType'] ?? 2) === 2;
    const answer = await this.command('CreateWebHookConfigCommand', {
      key,
      description: `Configuration ${key}`,
      isEnabled: true,
      path: `/webhooks/${key}`,
      action: 'POST',
      executionType: 2,
      ...(isScript && { executionCode: 'return context.body;' }),
      ...fields,
    });
    if (answer.status !== 200) throw new Error(`${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body.data;
  }

  /** Calls the webhook of a key with a JSON body. */
  call(key: string, body: unknown, init: RequestInit = {}): Promise<Response> {
    return fetch(`${this.url}/api/webhooks/dynamic/${key}`, {
      method: 'POST',
      body: JSON.stringify(body),
      ...init,
      headers: { 'Content-Type': 'application/json', ...init.headers },
    });
  }

  /** The recorded execution behind an answer's `X-Execution-Id`. */
  async execution<Data = Record<string, unknown>>(id: string | null): Promise<Data> {
    const answer = await this.command<Data>('GetWebHookExecutionByIdQuery', { id });
    if (answer.status !== 200) throw new Error(`${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body.data;
  }

  /** Asks it to stop and returns its exit code; removes what it wrote. */
  async stop(): Promise<number | null> {
    const code = await this.end('SIGTERM');
    if (this.ownsFolder) rmSync(this.dataFolder, { recursive: true, force: true });
    return code;
  }

  /** Ends it as a power cut would; its data folder stays. */
  async kill(): Promise<void> {
    await this.end('SIGKILL');
  }

  private async end(signal: NodeJS.Signals): Promise<number | null> {
    const { child } = this;
    if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
    const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
    child.kill(signal);
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS_MAX);
    const code = await ended;
    clearTimeout(timer);
    return code;
  }

  private async untilReady(): Promise<void> {
    const deadline = Date.now() + START_MS_MAX;
    while (Date.now() < deadline && this.child.exitCode === null) {
      const isReady = await fetch(`${this.url}/health/ready`).then(
        (response) => response.ok,
        () => false,
      );
      if (isReady) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    this.child.kill('SIGKILL');
    throw new Error(`Signalbox did not start:\n${this.output}`);
  }
}
