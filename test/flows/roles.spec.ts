import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Roles } from '../../src/config.ts';
import { ExecutionRecorder } from '../../src/features/executions/index.ts';
import { firstUuidAt } from '../../src/platform/ids.ts';
import { Database, rawQuery } from '../../src/platform/db/index.ts';
import { count, DAY_MS } from '../support/aging.ts';
import { InProcess } from '../support/in-process.ts';
import { received, recordEnd } from '../support/made-executions.ts';
import { until } from '../support/until.ts';

const http: Roles = { http: true, worker: false };
const worker: Roles = { http: false, worker: true };

let folder: string;
let server: InProcess | null;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'roles-'));
  server = null;
});

afterEach(async () => {
  await server?.stop({ keepsFolder: true });
  rmSync(folder, { recursive: true, force: true });
});

/** The one process with other roles, on what the last one left; only PostgreSQL lets several be there at once. */
async function startAs(roles: Roles, env: Record<string, string> = {}): Promise<InProcess> {
  await server?.stop({ keepsFolder: true });
  return (server = await InProcess.start(env, folder, { roles }));
}

async function statusOf(id: string): Promise<string | undefined> {
  const { read } = server!.app.get(Database);
  const sql = 'SELECT status FROM executions WHERE id = ?';
  const [row] = await rawQuery<{ status: string }[]>(read, sql, [id]);
  return row?.status;
}

const until200 = (url: string) =>
  until(async () => {
    const response = await fetch(url);
    return response.status === 200 ? response : null;
  });

describe('A process without the role worker', () => {
  it('answers a call that is to be run later, and leaves the run to a worker', async () => {
    await startAs(http);
    await server!.createConfig('later', { responseMode: 'async' });
    await server!.createConfig('now');
    const id = await server!.call('later');
    // Scripts do run here: those of calls that wait for their answer.
    expect(await statusOf(await server!.call('now'))).toBe('succeeded');
    expect([await statusOf(id), await count(server!, 'queue_jobs')]).toEqual(['received', 1]);
    await startAs(worker);
    await until(async () => ((await statusOf(id)) === 'succeeded' ? true : null));
    expect(await count(server!, 'queue_jobs')).toBe(0);
  });

  it('goes on by itself with a run that has outlived its answer', async () => {
    await startAs(http, { SCRIPT_TIMEOUT_MS: '10000' });
    const executionCode = 'for (const end = Date.now() + 2_000; Date.now() < end; ); return { done: true };';
    await server!.createConfig('slow', { executionCode, timeoutMs: 100 });
    const response = await fetch(`${server!.url}/api/webhooks/dynamic/slow`, { method: 'POST' });
    expect(response.status).toBe(202);
    const answer = await until200(`${server!.url}${response.headers.get('location')}`);
    expect(await answer.json()).toMatchObject({ data: { done: true } });
    expect(await count(server!, 'queue_jobs')).toBe(0);
  });

  it('ends and deletes nothing of what others have left', async () => {
    await startAs(http);
    const recorder = server!.app.get(ExecutionRecorder);
    const cutOff = received();
    const longAgo = Date.now() - 40 * DAY_MS;
    const id = `exe_${firstUuidAt(longAgo)}-7000-8000-000000000000`;
    const old = received({ id, receivedAt: longAgo });
    await recorder.recordReceived(cutOff);
    await recordEnd(recorder, old, { finishedAt: longAgo });
    // What a start begins, its stop waits for.
    await startAs(http);
    await startAs(http);
    expect([await statusOf(cutOff.id), await statusOf(old.id)]).toEqual(['received', 'succeeded']);
    await startAs(worker);
    await until(async () => ((await statusOf(cutOff.id)) === 'failed' ? true : null));
    await until(async () => ((await statusOf(old.id)) === undefined ? true : null));
  });
});

describe('A process without the role http', () => {
  const addresses = [
    'GET /',
    'GET /api/docs',
    'GET /api/docs/',
    'GET /api/openapi.json',
    'GET /api/executions/stream',
    'GET /api/webhooks/results/x',
    'GET /.well-known/jwks.json',
    'GET /signature-public-key',
    'GET /health',
    'GET /health/other',
    'GET /metrics/x',
    'GET /api/webhooks/mine',
    'POST /api/bpm/cmd',
    'POST /api/auth/login',
    'POST /api/auth/refresh',
    'POST /oauth/token',
    'POST /api/webhooks/dynamic/mine',
    'POST /health/live',
  ];

  it('answers who watches it, and nobody else', async () => {
    await startAs({ http: true, worker: true });
    await server!.createConfig('mine');
    await startAs(worker, { ADMIN_API_KEY: server!.apiKey });
    const statuses = await Promise.all(
      addresses.map(async (address) => {
        const [method, path] = address.split(' ') as [string, string];
        const headers = { 'X-API-Key': server!.apiKey, 'Content-Type': 'application/json' };
        const body = method === 'POST' ? '{"$type":"GetCommandCatalogueQuery"}' : null;
        const response = await fetch(`${server!.url}${path}`, { method, headers, body, redirect: 'manual' });
        return [address, response.status, ((await response.json()) as { code: string }).code];
      }),
    );
    expect(statuses).toEqual(addresses.map((address) => [address, 404, 'http.not-found']));
    const checks = { database: 'up', writeDoor: 'up', scriptPool: 'up', expressionPool: 'up' };
    expect(await (await fetch(`${server!.url}/health/ready`)).json()).toEqual({ status: 'ok', checks });
    expect((await fetch(`${server!.url}/health/live`)).status).toBe(200);
    expect(await (await fetch(`${server!.url}/metrics`)).text()).toContain('signalbox_queue_jobs_running');
  });

  it('asks for the token of its metrics as any other', async () => {
    await startAs(worker, { METRICS_TOKEN: 'a-token-of-theirs' });
    expect((await fetch(`${server!.url}/metrics`)).status).toBe(401);
    const headers = { Authorization: 'Bearer a-token-of-theirs' };
    expect((await fetch(`${server!.url}/metrics`, { headers })).status).toBe(200);
  });
});
