import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Cast, startWithRoles } from '../support/roles.ts';
import { madeClient, type MadeClient } from './support/access.ts';
import { type Attempt, isoTime, refusesInput, refusesStrangers } from './support/refusals.ts';

const type = 'GetAuditLogQuery';
let cast: Cast;
let client: MadeClient;
let configId: unknown;

interface Item {
  id: string;
  at: string;
  callerId: string;
  command: string;
  outcome: string;
}

interface Page {
  items: Item[];
  nextCursor: string | null;
}

beforeAll(async () => {
  cast = await startWithRoles();
  client = await madeClient(cast.signalbox, { role: 'designer' });
  configId = (await cast.signalbox.createConfig('audited'))['id'];
  await cast.signalbox.command('DeactivateWebHookConfigCommand', { id: configId });
  await cast.signalbox.command('DeleteSecretCommand', { name: 'NONE' }, { 'X-API-Key': client.apiKey });
});
afterAll(() => cast.stop());

async function page(fields: Record<string, unknown> = {}, headers?: Record<string, string>): Promise<Page> {
  const { status, body } = await cast.signalbox.command<Page>(type, fields, headers);
  if (status !== 200) throw new Error(JSON.stringify(body));
  return body.data;
}

const commands = ({ items }: Page) => items.map(({ command }) => command);

describe('GetAuditLogQuery', () => {
  it('answers who did what and what it changed, newest first', async () => {
    const { items } = await page({ pageSize: 2 });
    expect(items).toStrictEqual([
      {
        id: expect.stringMatching(/^aud_/),
        at: isoTime,
        callerId: client.id,
        callerName: 'machine',
        command: 'DeleteSecretCommand',
        outcome: 'secret.not-found',
        requestId: expect.stringMatching(/^req_/),
        executionId: null,
        input: { name: 'NONE' },
        before: null,
        after: null,
      },
      expect.objectContaining({
        callerName: 'ADMIN_API_KEY',
        command: 'DeactivateWebHookConfigCommand',
        outcome: 'succeeded',
        before: { isEnabled: true },
        after: { isEnabled: false },
      }),
    ]);
  });

  it('goes on where the page before ended', async () => {
    const all = commands(await page({ pageSize: 100 }));
    const found: string[] = [];
    for (let cursor: string | null | undefined; cursor !== null;) {
      const next: Page = await page({ pageSize: 3, ...(cursor && { cursor }) });
      found.push(...commands(next));
      cursor = next.nextCursor;
    }
    expect(found).toEqual(all);
    expect(found.length).toBeGreaterThanOrEqual(9);
  });

  it.each([
    ['callerId', () => ({ callerId: client.id }), ['DeleteSecretCommand']],
    ['command', () => ({ command: 'CreateApiClientCommand' }), ['CreateApiClientCommand']],
    ['outcome', () => ({ outcome: 'failed' }), ['DeleteSecretCommand']],
    ['from', () => ({ from: new Date(Date.now() + 60_000).toISOString() }), []],
    ['to', () => ({ to: '2026-01-01T00:00:00Z' }), []],
  ])('filters by %s', async (_what, fields, expected) => {
    expect(commands(await page(fields()))).toEqual(expected);
  });

  it('finds what an execution did', async () => {
    const executionCode = `return doCmd('DeleteSecretCommand', { name: 'NONE' });`;
    await cast.signalbox.createConfig('doing', { executionCode });
    const executionId = (await cast.signalbox.call('doing', {})).headers.get('x-execution-id');
    expect(commands(await page({ executionId }))).toEqual(['DeleteSecretCommand']);
  });

  it('shows an account only what was done in it', async () => {
    expect(commands(await page({}, cast.as.stranger))).toEqual([]);
    const acme = { 'X-API-Key': cast.signalbox.apiKey, 'X-Account-Id': 'acme' };
    await cast.signalbox.command('DeleteSecretCommand', { name: 'NONE' }, acme);
    expect(commands(await page({}, acme))).toEqual(['DeleteSecretCommand']);
  });

  it('does not tell of queries', async () => {
    await page();
    expect(commands(await page({ command: type }))).toEqual([]);
  });

  const attempt: Attempt = { cast: () => cast, type, fields: () => ({}) };
  refusesStrangers(attempt);
  refusesInput(attempt, [
    [{ outcome: 'lost' }, ['Outcome must be one of succeeded, failed']],
    [{ from: 'yesterday' }, [expect.stringMatching(/^From must be/)]],
    [{ cursor: 'exe_1' }, ['Cursor must be the nextCursor of the page before']],
    [{ pageSize: 101 }, ['PageSize must be at most 100']],
    [{ surprise: 1 }, ['Unknown field "surprise"']],
  ]);

  it.each(['viewer', 'operator', 'designer'] as const)('refuses the role %s', async (role) => {
    expect((await cast.signalbox.command(type, {}, cast.as[role])).status).toBe(403);
  });
});
