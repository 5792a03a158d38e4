import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ExecutionRecorder, type ReceivedExecution } from '../../src/features/executions/index.ts';
import { Database } from '../../src/platform/db/index.ts';
import { newId } from '../../src/platform/ids.ts';
import { InProcess } from '../support/in-process.ts';

const ended = {
  status: 'succeeded',
  code: null,
  answerStatus: 200,
  finishedAt: 1,
  durationMs: 1,
  steps: null,
  logs: null,
  errors: null,
  answerHeaders: null,
  answerBody: '{}',
  exactAnswer: null,
  attempts: null,
} as const;
let server: InProcess;
let recorder: ExecutionRecorder;

beforeAll(async () => {
  server = await InProcess.start();
  recorder = server.app.get(ExecutionRecorder);
});
afterAll(() => server.stop());

function received(body: string, fields: Partial<ReceivedExecution> = {}): ReceivedExecution {
  return {
    id: newId('exe'),
    accountId: 'default',
    configId: 1,
    configVersion: 1,
    key: 'k',
    method: 'POST',
    path: '/p',
    ip: '::1',
    receivedAt: Date.now(),
    attempt: 1,
    idempotencyKey: null,
    replayOf: null,
    isDurable: false,
    request: {
      metaJson: '{"headers":{},"query":{}}',
      body: Buffer.from(body),
      credentials: [],
      rawQuery: null,
      terms: null,
    },
    ...fields,
  };
}

const bodyOf = async (id: string) => {
  const { data } = (
    await server.command<{ request: { body: string } | null }>('GetWebHookExecutionByIdQuery', { id })
  ).body;
  return data.request?.body ?? null;
};

async function payloadsOf(ids: readonly string[]): Promise<string[]> {
  const rows: { payload: string }[] = await server.app
    .get(Database)
    .read.query(`SELECT payload FROM executions WHERE id IN (${ids.map(() => '?').join(',')})`, [...ids]);
  return rows.map(({ payload }) => payload);
}

const purge = async (fields: object) =>
  (await server.command('PurgeExecutionsCommand', { ...fields })).body.data;

/** The packs as they lie on the disk, encrypted. */
function sealedPacks(): Buffer[] {
  const database = new DatabaseSync(join(server.dataFolder, 'signalbox.db'), { readOnly: true });
  const rows = database.prepare('SELECT sealed FROM payload_packs').all() as { sealed: Uint8Array }[];
  database.close();
  return rows.map(({ sealed }) => Buffer.from(sealed));
}

/** The files in which a part of the encrypted text is found. */
function filesWith(bytes: Buffer): string[] {
  const part = bytes.subarray(29, 59);
  expect(part).toHaveLength(30);
  return readdirSync(server.dataFolder).filter((name) =>
    readFileSync(join(server.dataFolder, name)).includes(part),
  );
}

describe('A purge', () => {
  it('takes one out of a pack and leaves its neighbours whole, also those of another account', async () => {
    const three = [received('first'), received('erased'), received('third', { accountId: 'elsewhere' })];
    await Promise.all(three.map((one) => recorder.recordEnd(one, ended)));
    const places = await payloadsOf(three.map(({ id }) => id));
    expect(new Set(places.map((place) => place.slice(0, 36))).size).toBe(1);
    expect(await purge({ ids: [three[1]!.id] })).toEqual({ purged: 1, skipped: 0 });
    expect(await bodyOf(three[0]!.id)).toBe('first');
    expect(await bodyOf(three[1]!.id)).toBeNull();
    const parts = await server.app.get(Database).payload(places[2]!);
    expect(parts[1]!.toString()).toBe('third');
    // The place still leads somewhere: nothing of it may be left there.
    const erased = await server.app.get(Database).payload(places[1]!);
    expect(Buffer.concat(erased.filter((part) => part !== null)).toString('latin1')).not.toMatch(/[^\0]/);
  });

  it('erases the later part of an execution that was completed later too', async () => {
    const late = received('begun');
    await Promise.all([recorder.recordReceived(late), recorder.recordEnd(received('beside'), ended)]);
    await recorder.recordEnd({ ...late, request: null }, { ...ended, answerBody: '{"late":true}' });
    const [place] = await payloadsOf([late.id]);
    expect(place!.split(',')).toHaveLength(2);
    await purge({ ids: [late.id] });
    const parts = await server.app.get(Database).payload(place!);
    expect(Buffer.concat(parts.filter((part) => part !== null)).toString('latin1')).not.toMatch(/[^\0]/);
  });

  it('skips what has not ended and counts it', async () => {
    const open = received('open', { key: 'open' });
    await Promise.all([
      recorder.recordReceived(open),
      recorder.recordEnd(received('x', { key: 'open' }), ended),
    ]);
    expect(await purge({ key: 'open' })).toEqual({ purged: 1, skipped: 1 });
    expect(await purge({ ids: [open.id] })).toEqual({ purged: 0, skipped: 1 });
    expect(await purge({ key: 'open', status: 'succeeded' })).toEqual({ purged: 0, skipped: 0 });
    expect(await bodyOf(open.id)).toBe('open');
    await recorder.recordEnd({ ...open, request: null }, ended);
    expect(await bodyOf(open.id)).toBe('open');
  });

  it('leaves the encrypted bytes of before in no file, neither the database nor its log', async () => {
    await recorder.recordEnd(received('y'.repeat(50_000)), ended);
    await Promise.all(
      [1, 2, 3].map((n) => recorder.recordEnd(received(`${n}`.repeat(9_000), { key: 'few' }), ended)),
    );
    // Small ones in commits of their own: SQLite moves them about from page to page.
    for (let n = 0; n < 150; n++) await recorder.recordEnd(received('z'.repeat(n * 5)), ended);
    const before = sealedPacks();
    const kept = received('kept');
    await recorder.recordEnd(kept, ended);
    for (const sealed of before) expect(filesWith(sealed).length).toBeGreaterThan(0);
    await purge({ from: '2000-01-01T00:00:00Z', to: new Date(kept.receivedAt - 1).toISOString() });
    await purge({ all: true });
    for (const sealed of before) expect(filesWith(sealed)).toEqual([]);
    // That of the other account.
    expect(sealedPacks()).toHaveLength(1);
  });
});
