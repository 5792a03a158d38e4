import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { databaseUrl } from '../../../test/support/database.ts';
import { Database } from '../../platform/db/index.ts';
import type { Queue } from '../../platform/queue/index.ts';
import { Sealer } from '../../platform/sealing.ts';
import { IntegrationNotificationEntity } from './integration-notification.entity.ts';
import { KnownNotifications } from './known-notifications.ts';
import { newNotification, notificationRow } from './notification-rows.ts';

const CALLS = 40;
/** As many as a body may have: together more values than one statement takes on SQLite. */
const RECEIPTS = 1_000;
let folder: string;
let database: Database;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'known-'));
  const sealer = new Sealer(randomBytes(32));
  database = await Database.open(await databaseUrl(folder), [IntegrationNotificationEntity], sealer);
});
afterAll(async () => {
  await database.close();
  rmSync(folder, { recursive: true, force: true });
});

async function keep(provider: string, receiptKey: string): Promise<string> {
  const fields = { account: null, reference: null, status: null, amount: null, occurredAt: null };
  const kept = newNotification(
    {
      kind: 'payment',
      receiptKey,
      effectKey: null,
      providerId: null,
      state: 'verified',
      detail: null,
      configKey: null,
      fields,
      data: {},
      raw: Buffer.from('{}'),
    },
    { provider, accountId: 'default', ip: null, receivedAt: Date.now() },
  );
  await database.door.append([notificationRow(kept)]);
  return kept.notification.receiptHash;
}

describe('Receipts on record', () => {
  it('are found by whoever asks for them, and by nobody else, however many ask for however many', async () => {
    const known = new KnownNotifications(database, {} as Queue);
    const ofRemita = await keep('remita', 'a');
    const ofMono = await keep('mono', 'b');
    const asked = Array.from({ length: CALLS }, (_, call) => {
      const others = Array.from({ length: RECEIPTS - 1 }, (_unused, n) => `${call}-${n}`);
      return known.find('remita', [...others, call % 2 === 0 ? ofRemita : ofMono]);
    });
    const mono = known.find('mono', [ofMono, ofRemita]);
    const found = (await Promise.all(asked)).map((receipts) => receipts.map((one) => one.receiptHash));
    expect(found).toEqual(asked.map((_, call) => (call % 2 === 0 ? [ofRemita] : [])));
    expect((await mono).map((one) => one.receiptHash)).toEqual([ofMono]);
  });
});
