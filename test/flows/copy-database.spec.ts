import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  askForToken,
  madeClient,
  type MadeClient,
  madeUser,
  statusWith,
} from '../commands/support/access.ts';
import { scriptDefinition } from '../commands/support/definition-shapes.ts';
import { scriptFields } from '../commands/support/config-shape.ts';
import { providers, sendTwoNotifications } from '../integrations/two-notifications.ts';
import { type CopyEnd, keyOf, runCopy, sqliteUrl, startOnSqlite } from '../support/copying.ts';
import { type EmptyDatabase, emptyDatabase, hasPostgres } from '../support/empty-database.ts';
import { Signalbox } from '../support/signalbox.ts';
import { until } from '../support/until.ts';

const PASSWORD = 'four score and seven';
/** Its first attempt fails, and a later one does not once there is a configuration with the key `gate`. */
const waitsForGate = `if (!doCmd('LookupWebHookByKeyCommand', { key: 'gate' }).success) throw new Error('Not yet');
  return { through: context.body.n };`;
const keyed = { idempotency: { key: '=request.body.event' } };
const hourLater = { maxAttempts: 5, initialSeconds: 3_600, factor: 1, maxSeconds: 3_600 };
const queries: [string, Record<string, unknown>][] = [
  ['GetWebHookConfigListQuery', { pageSize: 100 }],
  ['GetEventListQuery', {}],
  ['GetUserListQuery', {}],
  ['GetApiClientListQuery', {}],
  ['GetSecretListQuery', {}],
  ['GetCommandDefinitionListQuery', {}],
  ['GetAuditLogQuery', { pageSize: 100 }],
  ['GetWebHookStatisticsQuery', { unit: 'hour' }],
  ['GetIntegrationNotificationListQuery', {}],
];

let folder: string;
let target: EmptyDatabase;
let copied: Signalbox;
let end: CopyEnd;
let refreshToken: string;
let client: MadeClient;
let apiKey: string;
let ticket: string;
const ids: Record<string, string> = {};
const ofSource: Record<string, unknown> = {};
let keyedAnswer: unknown;

async function login(
  server: Signalbox,
  path = 'login',
  body: object = { username: 'ada', password: PASSWORD },
) {
  const response = await fetch(`${server.url}/api/auth/${path}`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  });
  return (await response.json()) as { success: boolean; data: { token: string; refreshToken: string } };
}

async function call(server: Signalbox, key: string, body: object) {
  const response = await server.call(key, body);
  const id = response.headers.get('x-execution-id')!;
  return { id, status: response.status, body: await response.text() };
}

async function ended(server: Signalbox, id: string) {
  return await until(async () => {
    const execution = await server.execution<{ status: string; nextAttemptAt: string | null }>(id);
    return execution.status === 'succeeded' || execution.nextAttemptAt !== null ? execution : null;
  });
}

async function answerOf(server: Signalbox, type: string, fields: Record<string, unknown>) {
  const { body } = await server.command(type, fields);
  if (!body.success) throw new Error(`${type}: ${JSON.stringify(body)}`);
  return body.data;
}

/** All pages of the executions. */
async function everyExecution(server: Signalbox): Promise<unknown[]> {
  const items: unknown[] = [];
  let cursor: unknown;
  do {
    const page = await answerOf(server, 'GetWebHookExecutionListQuery', {
      pageSize: 100,
      ...(cursor !== undefined && { cursor }),
    });
    items.push(...(page['items'] as unknown[]));
    cursor = page['nextCursor'] ?? undefined;
  } while (cursor !== undefined);
  return items;
}

async function answersOf(server: Signalbox): Promise<Record<string, unknown>> {
  const answers: Record<string, unknown> = {};
  for (const [type, fields] of queries) answers[type] = await answerOf(server, type, fields);
  answers['executions'] = await everyExecution(server);
  for (const [name, id] of Object.entries(ids)) answers[name] = await server.execution(id);
  answers['versions'] = await answerOf(server, 'GetWebHookConfigVersionListQuery', { id: 1 });
  answers['draft'] = await answerOf(server, 'GetWebHookConfigByIdQuery', { id: 1 });
  return answers;
}

async function settle(server: Signalbox): Promise<void> {
  await server.createConfig('orders', {
    executionCode: `return { got: context.body, key: secrets.get('KEY') };`,
  });
  await server.command('UpdateWebHookConfigCommand', { id: 1, description: 'Orders, changed' });
  await server.command('SaveWebHookConfigDraftCommand', {
    id: 1,
    ...scriptFields('orders'),
    description: 'Draft',
  });
  await server.command('SetSecretCommand', { name: 'KEY', value: 'old', configKeys: ['orders'] });
  await server.command('SetSecretCommand', { name: 'KEY', value: 'a secret value', configKeys: ['orders'] });
  await server.command('CreateCommandDefinitionCommand', { name: 'AddOneCommand', ...scriptDefinition });
  await server.command('PublishEventCommand', {
    type: 'order.paid',
    payload: { n: 1 },
    idempotencyKey: 'evt',
  });
  await madeUser(server, { username: 'ada', password: PASSWORD, role: 'admin' });
  client = await madeClient(server);
  await server.createConfig('keyed', { ...keyed, executionCode: 'return crypto.randomUUID();' });
  await server.createConfig('late', { responseMode: 'async', retry: hourLater, executionCode: waitsForGate });
  const { id } = await server.createConfig('short-lived');
  await server.command('DeleteWebHookConfigCommand', { id });
}

async function fill(server: Signalbox): Promise<void> {
  await settle(server);
  await sendTwoNotifications(server);
  ids['called'] = (await call(server, 'orders', { text: 'ünï 👩‍👧 "quoted" \\', n: 1.5 })).id;
  ids['rejected'] = (await call(server, 'orders', null as never)).id;
  const first = await call(server, 'keyed', { event: 'evt_1' });
  ids['keyed'] = first.id;
  keyedAnswer = first.body;
  const late = await server.call('late', { n: 7 });
  ids['late'] = late.headers.get('x-execution-id')!;
  ticket = late.headers.get('location')!;
  await ended(server, ids['late']);
  await server.createConfig('gate');
  for (let n = 0; n < 1_200; n += 50)
    await Promise.all(Array.from({ length: 50 }, (_, k) => server.call('orders', { n: n + k })));
  ({ refreshToken } = (await login(server)).data);
}

/** What an earlier version may have stored: a text with NUL, which PostgreSQL has not. */
function storeNul(): void {
  const file = new DatabaseSync(join(folder, 'signalbox.db'));
  file.exec(`UPDATE audit_log SET caller_name = 'a' || char(0) || 'b' WHERE command = 'SetSecretCommand'`);
  file.close();
}

const startOnCopy = () =>
  Signalbox.start({
    env: { DATABASE_URL: target.url, SECRETS_KEY: keyOf(folder), ADMIN_API_KEY: apiKey },
  });

beforeAll(async () => {
  if (!hasPostgres) return;
  folder = mkdtempSync(join(tmpdir(), 'copy-'));
  target = await emptyDatabase();
  const source = await startOnSqlite(folder, providers);
  ({ apiKey } = source);
  await fill(source);
  Object.assign(ofSource, await answersOf(source));
  await source.stop();
  storeNul();
  const to = new URL(target.url);
  const { password } = to;
  to.password = '';
  end = await runCopy(['--from', sqliteUrl(folder), '--to', to.href], { PGPASSWORD: password });
}, 120_000);

afterAll(async () => {
  if (!hasPostgres) return;
  await copied?.stop();
  await target.drop();
  rmSync(folder, { recursive: true, force: true });
});

describe.skipIf(!hasPostgres)('An installation that was copied from SQLite to PostgreSQL', () => {
  it('is told by its numbers of rows, of each table that has any, and what key it needs', () => {
    expect(end.stderr).toMatch(/compared \d+ rows of executions/);
    expect(end).toMatchObject({ code: 0, stdout: expect.stringContaining('copied and compared\n') });
    const file = new DatabaseSync(join(folder, 'signalbox.db'), { readOnly: true });
    const tables = file.prepare(`SELECT name FROM sqlite_master WHERE type = 'table'`).all() as {
      name: string;
    }[];
    const told = tables.flatMap(({ name }) => {
      const [, count] = new RegExp(`^${name} +(\\d+)$`, 'm').exec(end.stdout) ?? [];
      const { n } = file.prepare(`SELECT count(*) AS n FROM ${name}`).get() as { n: number };
      return count === undefined ? [] : [[name, n, Number(count)] as const];
    });
    file.close();
    expect(told.filter(([, there, count]) => there !== count)).toEqual([]);
    // All kinds of rows were there to be copied.
    expect(told.filter(([, there]) => there === 0)).toEqual([]);
    expect(told).toHaveLength(21);
    expect(end.stdout).toContain(`secrets.key beside ${join(folder, 'signalbox.db')}`);
    expect(end.stdout + end.stderr).not.toContain(keyOf(folder));
  });

  it('lies in partitions of the days that its rows are of', async () => {
    const [rest] = await target.query<{ n: string }>(
      `SELECT (SELECT count(*) FROM executions_rest) + (SELECT count(*) FROM payload_packs_rest)
        + (SELECT count(*) FROM execution_calls_rest) AS n`,
    );
    expect(rest).toEqual({ n: '0' });
  });

  it('has texts without NUL, as every server stores them', async () => {
    expect(
      await target.query(
        `SELECT DISTINCT caller_name AS name FROM audit_log WHERE command = 'SetSecretCommand'`,
      ),
    ).toEqual([{ name: 'a\ufffdb' }]);
  });
});

describe.skipIf(!hasPostgres)('A server on the copy', () => {
  beforeAll(async () => {
    await target.query(`UPDATE audit_log SET caller_name = 'ADMIN_API_KEY' WHERE caller_name = 'a\ufffdb'`);
    copied = await startOnCopy();
  });

  it('gives the same answers: lists, versions, a draft, executions with their bodies and answers', async () => {
    const answers = await answersOf(copied);
    expect(answers['executions']).toHaveLength(1_204);
    expect(answers).toEqual(ofSource);
  });

  it('opens a secret for the script that it was set for', async () => {
    const { status, body } = await call(copied, 'orders', { n: 2 });
    expect([status, JSON.parse(body).data]).toEqual([200, { got: { n: 2 }, key: 'a secret value' }]);
  });

  it('lets callers in as before: by password, refresh token, API key and client secret', async () => {
    expect(await login(copied)).toMatchObject({ success: true });
    expect(await login(copied, 'refresh', { refreshToken })).toMatchObject({ success: true });
    expect(await statusWith(copied, { 'X-API-Key': client.apiKey })).toBe(200);
    const form = {
      grant_type: 'client_credentials',
      client_id: client.id,
      client_secret: client.clientSecret,
    };
    expect((await askForToken(copied, form)).status).toBe(200);
  });

  it('goes on with a job that waits, from what its first attempt had on record, and its ticket gives the answer', async () => {
    await copied.stop();
    await target.query('UPDATE queue_jobs SET run_at = $1', [Date.now()]);
    copied = await startOnCopy();
    const execution = await until(async () => {
      const shown = await copied.execution<{ status: string }>(ids['late']!);
      return shown.status === 'succeeded' ? shown : null;
    });
    expect(execution).toMatchObject({ attempt: 2 });
    const response = await fetch(`${copied.url}${ticket}`);
    expect(await response.json()).toMatchObject({ data: { through: 7 } });
  });

  it('recognises an idempotency key, of a call and of an event', async () => {
    expect(await call(copied, 'keyed', { event: 'evt_1' })).toMatchObject({
      id: ids['keyed'],
      body: keyedAnswer,
    });
    const again = { type: 'order.paid', payload: { n: 1 }, idempotencyKey: 'evt' };
    expect((await copied.command('PublishEventCommand', again)).status).toBe(200);
    expect(await answerOf(copied, 'GetEventListQuery', {})).toEqual(ofSource['GetEventListQuery']);
  });

  it('runs a command that was defined, and numbers a new configuration as the source would have', async () => {
    expect((await copied.command('AddOneCommand', { n: 1 })).body).toMatchObject({ data: 2 });
    const [last] = await target.query<{ id: number }>('SELECT max(id) AS id FROM webhook_configs');
    expect((await copied.createConfig('after'))['id']).toBe(last!.id + 1);
  });
});
