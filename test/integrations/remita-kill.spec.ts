import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CrashSite, startAgain, untilEnded } from '../crash/kill-rounds.ts';
import { rowsOf } from '../support/database.ts';
import { FakeRemita } from '../support/fake-remita.ts';
import { Signalbox } from '../support/signalbox.ts';
import { until } from '../support/until.ts';
import { notificationsOf, settled } from './notifications.ts';
import { payment } from './remita-fixtures.ts';

let remita: FakeRemita;
let site: CrashSite;

beforeAll(async () => {
  remita = await FakeRemita.start();
  const dataFolder = mkdtempSync(join(tmpdir(), 'signalbox-remita-crash-'));
  const signalbox = await Signalbox.start({ dataFolder, env: remita.env });
  await signalbox.createConfig('remita', { path: '/webhooks/remita' });
  await signalbox.stop();
  site = { dataFolder, apiKey: signalbox.apiKey };
});
afterAll(async () => {
  await remita.stop();
  rmSync(site.dataFolder, { recursive: true, force: true });
});

/** @returns the answer's text; null where none came. */
function pay(signalbox: Signalbox, rrr: string): Promise<string | null> {
  return fetch(`${signalbox.url}/api/webhooks/remita`, {
    method: 'POST',
    body: JSON.stringify([payment(rrr)]),
  }).then(
    (response) => response.text(),
    () => null,
  );
}

const countOf = async (sql: string, ...values: string[]) =>
  Number((await rowsOf<{ n: number }>(site.dataFolder, sql, values))[0]!.n);

/** It was verified, and all that follows from it is there once. */
async function expectOnce(signalbox: Signalbox, rrr: string): Promise<void> {
  const kept = await settled(signalbox, { providerId: rrr });
  expect(kept).toMatchObject({ state: 'verified', outcome: 'counted' });
  await until(async () => {
    const { status } = await signalbox.execution<{ status: string }>(kept.executionId);
    return status === 'succeeded' ? status : null;
  });
  await signalbox.stop();
  const effects = await countOf('SELECT count(*) AS n FROM integration_effects');
  expect(
    await countOf('SELECT count(*) AS n FROM integration_effects WHERE notification_id = ?', kept.id),
  ).toBe(1);
  expect(await countOf('SELECT count(*) AS n FROM integration_notifications')).toBe(effects);
  expect(await countOf('SELECT count(*) AS n FROM events')).toBe(effects);
  expect(await countOf('SELECT count(*) AS n FROM executions')).toBe(effects);
  expect(await countOf('SELECT count(*) AS n FROM queue_jobs')).toBe(0);
}

describe('A server killed with a payment of Remita', () => {
  it.each([
    ['between its record and its acknowledgement', 'notification.committed', '110002071201'],
    ['before the commit of its effect', 'settle.before', '110002071202'],
    ['after the commit of its effect', 'settled.committed', '110002071203'],
  ] as const)(
    '%s has one record and one effect of it',
    async (_name, point, rrr) => {
      remita.payments.set(rrr, { status: '00', amount: 5000.5 });
      const killed = await startAgain(site, {
        ...remita.env,
        NODE_ENV: 'test',
        SIGNALBOX_FAULT_POINT: point,
      });
      const answer = await pay(killed, rrr);
      await untilEnded(killed);
      expect(killed.output).toContain(`fault point ${point} reached`);
      if (point === 'notification.committed') expect(answer).toBeNull();
      const signalbox = await startAgain(site, remita.env);
      // Who was told nothing says it again.
      if (answer === null) expect(await pay(signalbox, rrr)).toBe('Ok');
      await expectOnce(signalbox, rrr);
    },
    90_000,
  );

  it('while Remita is being asked asks again, and has one record and one effect of it', async () => {
    const rrr = '110002071204';
    remita.payments.set(rrr, { status: '00', amount: 5000.5 });
    const askedBefore = remita.asked;
    const goOn = remita.hold();
    const killed = await startAgain(site, remita.env);
    expect(await pay(killed, rrr)).toBe('Ok');
    await until(async () => (remita.asked > askedBefore ? true : null));
    expect(await notificationsOf(killed, { outcome: 'pending' })).toHaveLength(1);
    await killed.kill();
    goOn();
    const signalbox = await startAgain(site, remita.env);
    await expectOnce(signalbox, rrr);
    expect(remita.asked - askedBefore).toBe(2);
  }, 90_000);
});
