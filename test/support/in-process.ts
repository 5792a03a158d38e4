import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Config, readConfig } from '../../src/config.ts';
import { Clock } from '../../src/platform/clock.ts';
import { createLogger } from '../../src/platform/logger.ts';
import { type RunningServer, startServer } from '../../src/server.ts';
import { databaseEnv } from './database.ts';

const PASSWORD = 'correct horse battery';

type Headers = Record<string, string>;

/** The product within the test's own process: for guarantees about time, and about callers that change meanwhile. */
export class InProcess {
  readonly apiKey: string;
  private movedMs = 0;

  private constructor(
    readonly running: RunningServer,
    readonly dataFolder: string,
    apiKey: string,
  ) {
    this.apiKey = apiKey;
    const clock = running.app.get(Clock);
    clock.now = () => Date.now() + this.movedMs;
  }

  /** @param beyond what the environment cannot say of a database like this. */
  static async start(
    env: Record<string, string> = {},
    dataFolder = mkdtempSync(join(tmpdir(), 'in-process-')),
    beyond: Partial<Config> = {},
  ) {
    const apiKey = env['ADMIN_API_KEY'] ?? randomBytes(24).toString('hex');
    const config = readConfig({
      HOST: '127.0.0.1',
      PORT: '0',
      ...(await databaseEnv(dataFolder)),
      ADMIN_API_KEY: apiKey,
      ADMIN_PASSWORD: PASSWORD,
      ...env,
    });
    const logger = await createLogger({ level: 'silent', isReadable: false });
    return new InProcess(await startServer({ ...config, ...beyond }, logger), dataFolder, apiKey);
  }

  get url(): string {
    return this.running.url;
  }

  get app(): RunningServer['app'] {
    return this.running.app;
  }

  /** From now on it is so much later. */
  moveClock(ms: number): void {
    this.movedMs += ms;
  }

  async command<Data = Record<string, unknown>>(
    type: string,
    fields: Record<string, unknown> = {},
    headers: Headers = { 'X-API-Key': this.apiKey },
  ): Promise<{ status: number; body: { success: boolean; data: Data; errors?: string[] } }> {
    const response = await fetch(`${this.url}/api/bpm/cmd`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', ...headers },
      body: JSON.stringify({ $type: type, ...fields }),
    });
    return { status: response.status, body: (await response.json()) as never };
  }

  async createConfig(key: string, fields: Record<string, unknown> = {}): Promise<void> {
    const { status, body } = await this.command('CreateWebHookConfigCommand', {
      key,
      description: key,
      isEnabled: true,
      path: `/webhooks/${key}`,
      action: 'POST',
      executionType: 2,
      executionCode: 'return context.body;',
      ...fields,
    });
    if (status !== 200) throw new Error(JSON.stringify(body));
  }

  /** Calls a webhook. @returns the execution's id. */
  async call(key: string, body: unknown = {}): Promise<string> {
    const response = await fetch(`${this.url}/api/webhooks/dynamic/${key}`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
    });
    await response.arrayBuffer();
    return response.headers.get('x-execution-id') ?? '';
  }

  /** Adds a user and signs him in. @returns the headers that show it. */
  async user(username: string, fields: { role?: string; accountId?: string } = {}): Promise<Headers> {
    const input = { username, password: PASSWORD, role: 'viewer', ...fields };
    const { status, body: made } = await this.command('CreateUserCommand', input);
    if (status !== 200) throw new Error(JSON.stringify(made));
    const response = await fetch(`${this.url}/api/auth/login`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ username, password: PASSWORD }),
    });
    const { data } = (await response.json()) as { data: { token: string } };
    return { Authorization: `Bearer ${data.token}` };
  }

  /** Changes a user that was added. */
  async change(username: string, fields: Record<string, unknown>): Promise<void> {
    const list = await this.command<{ items: { id: string }[] }>('GetUserListQuery', { search: username });
    const update = { id: list.body.data.items[0]!.id, ...fields };
    const { status, body } = await this.command('UpdateUserCommand', update);
    if (status !== 200) throw new Error(JSON.stringify(body));
  }

  /** @param keepsFolder for another start on it. */
  async stop({ keepsFolder = false } = {}): Promise<void> {
    await this.running.stop();
    if (!keepsFolder) rmSync(this.dataFolder, { recursive: true, force: true });
  }
}
