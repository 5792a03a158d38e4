import { request } from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { madeClient, type MadeClient, tokenOf } from '../commands/support/access.ts';
import { auditOf } from '../commands/support/audit-log.ts';
import { Signalbox } from '../support/signalbox.ts';

let signalbox: Signalbox;
let a: MadeClient;
let b: MadeClient;

beforeAll(async () => {
  signalbox = await Signalbox.start();
});
beforeEach(async () => {
  a = await madeClient(signalbox, { role: 'admin' });
  b = await madeClient(signalbox, { role: 'admin' });
});
afterAll(() => signalbox.stop());

const keyOf = ({ apiKey }: MadeClient) => ({ 'X-API-Key': apiKey });

/** Two commands at once, among others that fill their commit. */
async function atOnce(type: string, first: Record<string, unknown>, second: Record<string, unknown>) {
  const others = Array.from({ length: 20 }, () =>
    signalbox.command('PublishEventCommand', { type: 'order.paid', payload: {} }),
  );
  const answers = await Promise.all([
    signalbox.command(type, first, keyOf(a)),
    signalbox.command(type, second, keyOf(b)),
  ]);
  await Promise.all(others);
  return answers.map(({ status }) => status).sort();
}

describe('Two who take access from each other at the same moment', () => {
  it('leave one of them, when they disable each other', async () => {
    for (let n = 0; n < 10; n++) {
      a = await madeClient(signalbox, { role: 'admin' });
      b = await madeClient(signalbox, { role: 'admin' });
      const off = { isEnabled: false };
      const statuses = await atOnce('UpdateApiClientCommand', { id: b.id, ...off }, { id: a.id, ...off });
      expect([
        [200, 401],
        [200, 403],
      ]).toContainEqual(statuses);
    }
  });

  it('leave one of them, and no circle of heirs, when they delete each other', async () => {
    for (let n = 0; n < 10; n++) {
      a = await madeClient(signalbox, { role: 'admin' });
      b = await madeClient(signalbox, { role: 'admin' });
      const statuses = await atOnce(
        'DeleteApiClientCommand',
        { id: b.id, reassignTo: a.id },
        { id: a.id, reassignTo: b.id },
      );
      expect([
        [200, 401],
        [200, 403],
      ]).toContainEqual(statuses);
    }
    expect((await fetch(`${signalbox.url}/health/live`)).status).toBe(200);
    expect((await signalbox.command('GetWebHookConfigListQuery')).status).toBe(200);
  });
});

describe('Whoever is deleted', () => {
  it('while the body of his command is on its way is refused when it has arrived', async () => {
    const body = JSON.stringify({
      $type: 'CreateUserCommand',
      username: 'back',
      password: 'door of a test',
      role: 'admin',
    });
    const { hostname, port } = new URL(signalbox.url);
    const slow = request({
      hostname,
      port,
      path: '/api/bpm/cmd',
      method: 'POST',
      headers: { ...keyOf(a), 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) },
    });
    const answered = new Promise<number>((resolve, reject) => {
      slow.on('response', (response) => {
        response.resume();
        resolve(response.statusCode ?? 0);
      });
      slow.on('error', reject);
    });
    slow.write(body.slice(0, 10));
    // The server reads what came first first: the headers above are in when this is answered.
    await signalbox.command('GetCommandCatalogueQuery', {}, keyOf(b));
    expect((await signalbox.command('DeleteApiClientCommand', { id: a.id }, keyOf(b))).status).toBe(200);
    slow.end(body.slice(10));
    expect(await answered).toBe(401);
    const { body: list } = await signalbox.command<{ items: unknown[] }>('GetUserListQuery', {
      search: 'back',
    });
    expect(list.data.items).toEqual([]);
  });
});

describe('A token of a narrow scope', () => {
  it('gets no more by a definition of its own client', async () => {
    const definition = {
      name: 'PingCommand',
      description: 'Makes a user',
      inputSchema: { type: 'object' },
      permission: 'events:publish',
      executionCode: `return doCmd('CreateUserCommand', { username: 'by-ping', password: 'made by a test', role: 'admin' }).code ?? 'made';`,
    };
    await signalbox.command('CreateCommandDefinitionCommand', definition, keyOf(a));
    const narrow = await tokenOf(signalbox, a, 'events:publish');
    const { body } = await signalbox.command<unknown>('PingCommand', {}, narrow);
    expect(body.data).toBe('access.permission-missing');
    const whole = await signalbox.command<unknown>('PingCommand', {}, await tokenOf(signalbox, a));
    expect(whole.body.data).toBe('made');
  });

  it('stays what was asked for, whatever its client gets later', async () => {
    const client = await madeClient(signalbox, { permissions: ['events:publish'] });
    const headers = await tokenOf(signalbox, client, 'events:publish');
    await signalbox.command('UpdateApiClientCommand', { id: client.id, role: 'admin' });
    expect((await signalbox.command('GetUserListQuery', {}, headers)).status).toBe(403);
  });
});

describe('What is refused', () => {
  it('is in the audit log in short, however long it was', async () => {
    const viewer = await madeClient(signalbox, { role: 'viewer' });
    const answer = await signalbox.command(
      'CreateUserCommand',
      { username: 'x'.repeat(500_000), role: 'viewer', ['y'.repeat(10_000)]: 1 },
      keyOf(viewer),
    );
    expect(answer.status).toBe(403);
    const [row] = await auditOf(signalbox, answer);
    expect(row!.input.length).toBeLessThan(500);
    expect(JSON.parse(row!.input)).toMatchObject({
      role: 'viewer',
      username: '[500002 characters, not kept]',
    });
  });
});
