import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CrashSite, startAgain, untilEnded } from '../crash/kill-rounds.ts';
import { FakeMono } from '../support/fake-mono.ts';
import { rowsOf } from '../support/database.ts';
import { Signalbox } from '../support/signalbox.ts';
import { until } from '../support/until.ts';
import { settled } from './notifications.ts';

const secret = randomBytes(16).toString('hex');
const env = { MONO_WEBHOOK_SECRET: secret };
let site: CrashSite;

beforeAll(async () => {
  const dataFolder = mkdtempSync(join(tmpdir(), 'signalbox-mono-crash-'));
  const signalbox = await Signalbox.start({ dataFolder, env });
  await signalbox.createConfig('mono', {
    path: '/webhooks/mono/callback',
    executionCode: 'return context.body.providerId;',
  });
  await signalbox.stop();
  site = { dataFolder, apiKey: signalbox.apiKey };
});
afterAll(() => rmSync(site.dataFolder, { recursive: true, force: true }));

const countOf = async (sql: string, ...values: string[]) =>
  Number((await rowsOf<{ n: number }>(site.dataFolder, sql, values))[0]!.n);

describe('A server killed with an event of Mono', () => {
  it.each([
    ['between its record and its acknowledgement', 'notification.committed', true],
    ['after its run, before the end of that is on record', 'commit.before', false],
    ['after its run, before anybody is told', 'outcome.committed', false],
  ] as const)(
    '%s has one record and one effect of it',
    async (_name, point, isRepeated) => {
      const id = `evt-${point}`;
      const event = { event: 'direct_debit.payment_successful', event_id: id, data: { amount: 5_000 } };
      let signalbox = await startAgain(site, { ...env, NODE_ENV: 'test', SIGNALBOX_FAULT_POINT: point });
      const killed = signalbox;
      const delivery = new FakeMono(() => `${signalbox.url}/api/webhooks/mono/callback`, secret).deliver(
        event,
      );
      await untilEnded(killed);
      expect(killed.output).toContain(`fault point ${point} reached`);
      signalbox = await startAgain(site, env);
      const attempts = await delivery;
      // Who was not acknowledged comes again, and is told the same.
      if (isRepeated) expect(attempts[0]).toEqual({ status: null, body: '' });
      expect(attempts.at(-1)!.status).toBe(200);

      const kept = await settled(signalbox, { providerId: id });
      expect(kept).toMatchObject({ state: 'verified', outcome: 'counted' });
      await until(async () => {
        const { status } = await signalbox.execution<{ status: string }>(kept.executionId);
        return status === 'succeeded' ? status : null;
      });
      await signalbox.stop();
      expect(
        await countOf('SELECT count(*) AS n FROM integration_notifications WHERE provider_id = ?', id),
      ).toBe(1);
      expect(
        await countOf('SELECT count(*) AS n FROM integration_effects WHERE notification_id = ?', kept.id),
      ).toBe(1);
      expect(await countOf('SELECT count(*) AS n FROM events WHERE id = ?', kept.eventId!)).toBe(1);
      expect(await countOf("SELECT count(*) AS n FROM executions WHERE config_key = 'mono'")).toBe(
        await countOf('SELECT count(*) AS n FROM integration_effects'),
      );
      expect(await countOf('SELECT count(*) AS n FROM queue_jobs')).toBe(0);
    },
    90_000,
  );
});
