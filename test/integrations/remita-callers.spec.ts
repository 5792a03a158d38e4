import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { keptBytes, rowsOf } from '../support/database.ts';
import { lockForWriting } from '../support/database-lock.ts';
import { Signalbox } from '../support/signalbox.ts';
import { until } from '../support/until.ts';
import { directDebit, debitItem, loan, payment } from './remita-fixtures.ts';
import { RemitaStory } from './remita-story.ts';

const notOk = (status: number) => [status, 'text/plain; charset=utf-8', 'Not Ok'];
const ok = [200, 'text/plain; charset=utf-8', 'Ok'];
const from = (address: string): RequestInit => ({ headers: { 'X-Forwarded-For': address } });

describe('Where anybody may call', () => {
  let story: RemitaStory;

  beforeAll(async () => {
    story = await RemitaStory.start();
  });
  afterAll(() => story.stop());

  it.each(['', 'rrr=1', '{', '[]', '[1]', '"1"', 'null', '[[{"rrr":"1"}]]', '[{"rrr":"1"},5]'])(
    'what is no payment is refused, and nothing of it is kept: %s',
    async (body) => {
      expect(await story.pay(body)).toEqual(notOk(400));
      expect(await story.notifications()).toEqual([]);
    },
  );

  it.each(['', '[]', '{}', JSON.stringify({ amount: 1 }), JSON.stringify(directDebit('DEBIT'))])(
    'what is no collection is refused, and nothing of it is kept: %s',
    async (body) => {
      expect(await story.collect(body)).toEqual(notOk(400));
      expect(await story.notifications()).toEqual([]);
    },
  );

  it('a body that nests too deep, is too large or in an unknown encoding is refused', async () => {
    expect(await story.pay(`${'['.repeat(65)}${']'.repeat(65)}`)).toEqual(notOk(400));
    expect(await story.pay([payment('1', { note: 'x'.repeat(1_100_000) })])).toEqual(notOk(413));
    expect(await story.pay([payment('1')], { headers: { 'Content-Encoding': 'zstd' } })).toEqual(notOk(415));
    expect(await story.notifications()).toEqual([]);
  });

  it('no other method is answered', async () => {
    for (const method of ['GET', 'PUT'])
      expect((await fetch(`${story.signalbox.url}/api/webhooks/remita`, { method })).status).toBe(404);
  });

  it('what cannot be stored is not acknowledged, and can be sent again', async () => {
    story.remita.payments.set('1', { status: '00', amount: 5000.5 });
    const lock = await lockForWriting(story.signalbox.dataFolder);
    const refused = await story.pay([payment('1')]).finally(() => lock.release());
    expect(refused).toEqual(notOk(503));
    await until(async () => ((await story.pay([payment('1')]))[0] === 200 ? true : null));
    await story.outcomes('1', 'counted');
  });

  it('neither the key nor a hash stands in a record, a log or an answer', async () => {
    const { signalbox, remita } = story;
    await story.collect(directDebit('DEBIT', debitItem('2', '3')));
    await story.outcomes('2', 'refuted');
    const key = 'not-the-key-of-remita';
    const stranger = await Signalbox.start({ env: { ...remita.env, REMITA_API_KEY: key } });
    // Remita does not want to talk to this one: its message has the hash.
    const body = JSON.stringify(payment('4'));
    await fetch(`${stranger.url}/api/webhooks/remita`, { method: 'POST', body });
    const [check] = await until(async () => {
      const sql = 'SELECT detail FROM integration_checks';
      const rows = await rowsOf<{ detail: string }>(stranger.dataFolder, sql);
      return rows.length > 0 ? rows : null;
    });
    expect(check!.detail).toMatch(/refuses to say \(status 020\)/);
    expect(remita.hashes.size).toBeGreaterThanOrEqual(3);
    const ids = (await story.notifications()).map(({ id }) => id);
    const everything = [
      await keptBytes(signalbox.dataFolder),
      await keptBytes(stranger.dataFolder),
      JSON.stringify(await Promise.all(ids.map((id) => story.byId(id)))),
      await (await fetch(`${signalbox.url}/metrics`)).text(),
      signalbox.output,
      stranger.output,
    ].join('\n');
    await stranger.stop();
    expect(everything).toContain('Remita has RRR 1 as paid');
    for (const secret of [remita.apiKey, key, ...remita.hashes]) expect(everything).not.toContain(secret);
  });
});

describe('Where REMITA_ALLOWED_IPS is set', () => {
  let story: RemitaStory;

  beforeAll(async () => {
    story = await RemitaStory.start({
      TRUSTED_PROXIES: '127.0.0.1',
      REMITA_ALLOWED_IPS: '203.0.113.0/24,2001:db8::/32',
    });
  });
  afterAll(() => story.stop());

  it.each(['198.51.100.7', '2001:db9::1', '203.0.114.1', 'unknown', '203.0.113.7, 198.51.100.7'])(
    'whoever calls from elsewhere is refused, and nothing is kept: %s',
    async (address) => {
      expect(await story.pay([payment('1')], from(address))).toEqual(notOk(403));
      expect(await story.collect(loan('1'), from(address))).toEqual(notOk(403));
      expect(await story.notifications()).toEqual([]);
    },
  );

  it('whoever calls past the proxies is refused', async () => {
    expect(await story.pay([payment('1')])).toEqual(notOk(403));
    expect(await story.notifications()).toEqual([]);
  });

  it.each(['203.0.113.7', '::ffff:203.0.113.8', '2001:db8::9'])(
    'Remita may call, and what it says is verified all the same: %s',
    async (address) => {
      const rrr = address.replaceAll(/\D/g, '');
      expect(await story.pay([payment(rrr)], from(address))).toEqual(ok);
      expect(await story.outcomes(rrr, 'refuted')).toMatchObject([{ executionId: null }]);
    },
  );
});

describe('Where Remita is not set up', () => {
  it('its addresses say so, and nothing is kept', async () => {
    const signalbox = await Signalbox.start();
    for (const path of ['/api/webhooks/remita', '/api/webhooks/remita/collection-notification']) {
      const response = await fetch(signalbox.url + path, { method: 'POST', body: '[{"rrr":"1"}]' });
      expect([response.status, await response.text()]).toEqual([503, 'Not Ok']);
    }
    expect(await rowsOf(signalbox.dataFolder, 'SELECT id FROM integration_notifications')).toEqual([]);
    await signalbox.stop();
  });
});
