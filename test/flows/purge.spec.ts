import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ExecutionRecorder } from '../../src/features/executions/index.ts';
import { Database } from '../../src/platform/db/index.ts';
import { isPostgres, keptBytes, rowsOf } from '../support/database.ts';
import { InProcess } from '../support/in-process.ts';
import { received, recordEnd } from '../support/made-executions.ts';

let server: InProcess;
let recorder: ExecutionRecorder;

beforeAll(async () => {
  server = await InProcess.start();
  recorder = server.app.get(ExecutionRecorder);
});
afterAll(() => server.stop());

const bodyOf = async (id: string) => {
  const { data } = (
    await server.command<{ request: { body: string } | null }>('GetWebHookExecutionByIdQuery', { id })
  ).body;
  return data.request?.body ?? null;
};

async function payloadsOf(ids: readonly string[]): Promise<string[]> {
  const rows = await rowsOf<{ payload: string }>(
    server.dataFolder,
    `SELECT payload FROM executions WHERE id IN (${ids.map(() => '?').join(',')}) ORDER BY id`,
    ids,
  );
  return rows.map(({ payload }) => payload);
}

const purge = async (fields: object) =>
  (await server.command('PurgeExecutionsCommand', { ...fields })).body.data;

/** The packs as they lie on the disk, encrypted. */
async function sealedPacks(): Promise<Buffer[]> {
  const rows = await rowsOf<{ sealed: Uint8Array }>(server.dataFolder, 'SELECT sealed FROM payload_packs');
  return rows.map(({ sealed }) => Buffer.from(sealed));
}

/** How many of these are found on the disk, by a part of the encrypted text. */
async function foundOnDisk(packs: readonly Buffer[]): Promise<number> {
  const disk = await keptBytes(server.dataFolder);
  return packs.filter((sealed) => {
    const part = sealed.subarray(29, 59);
    expect(part).toHaveLength(30);
    return disk.includes(part.toString('latin1'));
  }).length;
}

/** A script that asks something first. */
const codeOf = (end: string) => `doCmd('LookupWebHookByKeyCommand', { key: context.body.event }); ${end}`;

describe('A purge', () => {
  it('takes one out of a pack and leaves its neighbours whole, also those of another account', async () => {
    const three = [
      received({}, 'first'),
      received({}, 'erased'),
      received({ accountId: 'elsewhere' }, 'third'),
    ];
    await Promise.all(three.map((one) => recordEnd(recorder, one)));
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
    const late = received({}, 'begun');
    await Promise.all([recorder.recordReceived(late), recordEnd(recorder, received({}, 'beside'))]);
    await recordEnd(recorder, { ...late, request: null }, { answerBody: '{"late":true}' });
    const [place] = await payloadsOf([late.id]);
    expect(place!.split(',')).toHaveLength(2);
    await purge({ ids: [late.id] });
    const parts = await server.app.get(Database).payload(place!);
    expect(Buffer.concat(parts.filter((part) => part !== null)).toString('latin1')).not.toMatch(/[^\0]/);
  });

  it('erases what commands gave, whether the execution failed or not, and a repeat of the key does not do it again', async () => {
    const idempotency = { key: '=request.body.event' };
    await server.createConfig('failing', { idempotency, executionCode: codeOf(`throw new Error('No');`) });
    await server.createConfig('good', { idempotency, executionCode: codeOf('return 1;') });
    const id = await server.call('failing', { event: 'evt_1' });
    const other = await server.call('failing', { event: 'evt_2' });
    const good = await server.call('good', { event: 'evt_3' });
    // A further attempt records the call anew.
    expect(await server.call('failing', { event: 'evt_1' })).toBe(id);
    const { read } = server.app.get(Database);
    const kept = () =>
      read.query<{ id: string; payload: string }[]>(
        'SELECT execution_id AS id, payload FROM execution_calls ORDER BY execution_id, n, attempt',
      );
    const before = await kept();
    expect(before.map((call) => call.id)).toEqual([id, id, other, good]);
    expect(await purge({ ids: [id, good] })).toEqual({ purged: 2, skipped: 0 });
    expect((await kept()).map((call) => call.id)).toEqual([other]);
    for (const { id: owner, payload } of before) {
      const parts = await server.app.get(Database).payload(payload);
      const text = Buffer.concat(parts.filter((part) => part !== null)).toString('latin1');
      if (owner === other) expect(text).toContain('evt_2');
      else expect(text).not.toMatch(/[^\0]/);
    }
    expect(await server.call('failing', { event: 'evt_1' })).toBe(id);
    expect(await kept()).toHaveLength(1);
    expect(await server.call('failing', { event: 'evt_2' })).toBe(other);
  });

  it('skips what has not ended and counts it', async () => {
    const open = received({ key: 'open' }, 'open');
    await Promise.all([recorder.recordReceived(open), recordEnd(recorder, received({ key: 'open' }))]);
    expect(await purge({ key: 'open' })).toEqual({ purged: 1, skipped: 1 });
    expect(await purge({ ids: [open.id] })).toEqual({ purged: 0, skipped: 1 });
    expect(await purge({ key: 'open', status: 'succeeded' })).toEqual({ purged: 0, skipped: 0 });
    expect(await bodyOf(open.id)).toBe('open');
    await recordEnd(recorder, { ...open, request: null });
    expect(await bodyOf(open.id)).toBe('open');
  });

  // PostgreSQL keeps them in places that it uses again: docs/security.md says so.
  it.skipIf(isPostgres)(
    'leaves the encrypted bytes of before in no file, neither the database nor its log',
    async () => {
      await recordEnd(recorder, received({}, 'y'.repeat(50_000)));
      await Promise.all(
        [1, 2, 3].map((n) => recordEnd(recorder, received({ key: 'few' }, `${n}`.repeat(9_000)))),
      );
      // Small ones in commits of their own: SQLite moves them about from page to page.
      for (let n = 0; n < 150; n++) await recordEnd(recorder, received({}, 'z'.repeat(n * 5)));
      const before = await sealedPacks();
      const kept = received({}, 'kept');
      await recordEnd(recorder, kept);
      expect(await foundOnDisk(before)).toBe(before.length);
      await purge({ from: '2000-01-01T00:00:00Z', to: new Date(kept.receivedAt - 1).toISOString() });
      await purge({ all: true });
      expect(await foundOnDisk(before)).toBe(0);
      // That of the other account.
      expect(await sealedPacks()).toHaveLength(1);
    },
  );
});
