import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isPostgres } from '../support/database.ts';
import { readMetrics } from '../support/metrics-text.ts';
import { Signalbox } from '../support/signalbox.ts';
import { until } from '../support/until.ts';

const run = promisify(execFile);
const main = join(import.meta.dirname, '../../dist/main.js');

async function scriptRuns({ url }: Signalbox): Promise<number> {
  const runs = readMetrics(await (await fetch(`${url}/metrics`)).text()).get('signalbox_script_runs_total');
  return [...(runs?.values.values() ?? [])].reduce((sum, value) => sum + value, 0);
}

describe('A process on SQLite', () => {
  it.each(['http', 'worker'])('does not start as %s alone, and says why', async (ROLES) => {
    const folder = mkdtempSync(join(tmpdir(), 'roles-'));
    const env = { PATH: process.env['PATH'], ROLES, PORT: '0' };
    const refused = run(process.execPath, [main], { cwd: folder, env });
    await expect(refused).rejects.toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(
        /^Signalbox cannot start:\n {2}ROLES must be http,worker .*SQLite.*\n$/,
      ) as string,
    });
    rmSync(folder, { recursive: true });
  });
});

/** `Signalbox.start` gives processes of one data folder one database. */
describe.runIf(isPostgres)('Processes that share PostgreSQL', () => {
  const env = { ADMIN_API_KEY: randomBytes(24).toString('hex'), SCRIPT_TIMEOUT_MS: '10000' };
  let dataFolder: string;
  let http: Signalbox;
  let worker: Signalbox;

  const start = (ROLES: string) => Signalbox.start({ dataFolder, env: { ...env, ROLES } });
  const succeeded = (id: string | null) =>
    until(async () => ((await http.execution<{ status: string }>(id)).status === 'succeeded' ? true : null));

  /** Who has run how many scripts, once all are counted: the text of metrics is some moments old. */
  const shares = (all: number) =>
    until(async () => {
      const runs = [await scriptRuns(http), await scriptRuns(worker)];
      return runs[0]! + runs[1]! >= all ? runs : null;
    });

  beforeAll(async () => {
    dataFolder = mkdtempSync(join(tmpdir(), 'role-processes-'));
    http = await start('http');
    await http.createConfig('now');
    await http.createConfig('later', { responseMode: 'async' });
  });

  afterAll(() => rmSync(dataFolder, { recursive: true, force: true }));

  it('leave to a worker what was accepted while there was none', async () => {
    const waiting = (await http.call('later', {})).headers.get('x-execution-id');
    expect((await http.call('now', {})).status).toBe(200);
    expect(await http.execution(waiting)).toMatchObject({ status: 'received' });
    worker = await start('worker');
    await succeeded(waiting);
  });

  it('hand over what is accepted to a worker that is there', async () => {
    await succeeded((await http.call('later', {})).headers.get('x-execution-id'));
    expect(await shares(3)).toEqual([1, 2]);
  });

  it('end in the one that answers calls what outlives its answer there', async () => {
    const executionCode = 'for (const end = Date.now() + 2_000; Date.now() < end; ); return 1;';
    await http.createConfig('slow', { executionCode, timeoutMs: 100 });
    const response = await http.call('slow', {});
    expect(response.status).toBe(202);
    await succeeded(response.headers.get('x-execution-id'));
    expect(await shares(4)).toEqual([2, 2]);
  });

  it('answer calls in the one and probes in both', async () => {
    for (const path of ['/health/live', '/health/ready', '/metrics'])
      for (const { url } of [http, worker]) expect((await fetch(`${url}${path}`)).status).toBe(200);
    expect((await worker.call('now', {})).status).toBe(404);
    expect((await worker.command('GetCommandCatalogueQuery')).status).toBe(404);
    expect((await fetch(`${worker.url}/api/docs`)).status).toBe(404);
  });

  it('stop one by one, each with nothing left undone', async () => {
    expect(await worker.stop()).toBe(0);
    const last = await http.call('later', {});
    expect(await http.stop()).toBe(0);
    http = await start('http,worker');
    await succeeded(last.headers.get('x-execution-id'));
    expect(await http.stop()).toBe(0);
  });
});
