import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FakeMono } from '../support/fake-mono.ts';
import { Signalbox } from '../support/signalbox.ts';
import { until } from '../support/until.ts';
import { families, placesOfAccount, wrappedDispute } from './mono-fixtures.ts';
import { notificationsOf, settled } from './notifications.ts';

const PATH = '/api/webhooks/mono/callback';
const secret = randomBytes(16).toString('hex');
let signalbox: Signalbox;
let mono: FakeMono;

beforeAll(async () => {
  signalbox = await Signalbox.start({ env: { MONO_WEBHOOK_SECRET: secret } });
  await signalbox.createConfig('mono', {
    path: '/webhooks/mono/callback',
    executionCode: 'return context.body;',
  });
  mono = new FakeMono(() => signalbox.url + PATH, secret);
});
afterAll(() => signalbox.stop());

interface ShownEvent {
  id: string;
  type: string;
  payload: Record<string, unknown>;
}

const eventsOf = async (type: string) =>
  (await signalbox.command<{ items: ShownEvent[] }>('GetEventListQuery', { type, pageSize: 100 })).body.data
    .items;

describe('An event of Mono', () => {
  it.each(families)(
    '$event.event is acknowledged, kept whole, counted and run',
    async ({ event, type, fields }) => {
      expect(await mono.send(event)).toEqual({ status: 200, body: '{"message":"Received."}' });
      const kept = await settled(signalbox, { provider: 'mono', kind: event.event });
      expect(kept).toMatchObject({
        kind: event.event,
        providerId: event.event_id ?? null,
        state: 'verified',
        outcome: 'counted',
        fields,
        data: event.data,
        checks: [],
      });
      expect(Buffer.from(kept.rawBase64!, 'base64').toString()).toBe(JSON.stringify(event));
      const [published, ...others] = (await eventsOf(type)).filter(({ id }) => id === kept.eventId);
      expect(others).toEqual([]);
      const body = {
        notificationId: kept.id,
        kind: event.event,
        verification: 'verified',
        ...fields,
        data: event.data,
      };
      expect(published!.payload).toMatchObject(body);
      const execution = await signalbox.execution<{ key: string; request: { body: string } }>(
        kept.executionId,
      );
      expect(execution.key).toBe('mono');
      expect(JSON.parse(execution.request.body)).toMatchObject(body);
    },
  );

  it.each(Object.entries(placesOfAccount))('names its account at %s', async (_place, { event, account }) => {
    await mono.send(event);
    const kept = await settled(signalbox, { provider: 'mono', kind: event.event });
    expect(kept.fields).toMatchObject({ account });
  });

  it('that is wrapped once more is unwrapped', async () => {
    await mono.send(wrappedDispute);
    const kept = await settled(signalbox, { kind: 'mono.transaction.dispute_initiated' });
    expect(kept).toMatchObject({
      providerId: 'evt-dispute-1',
      fields: {
        account: '64f0a1b2c3d4e5f601020309',
        reference: 'order-78',
        amount: { minor: 12_300, currency: 'NGN' },
      },
    });
  });

  it('counts once, however often it comes: by its id, or without one by what it says', async () => {
    const named = { event: 'mono.events.repeated', event_id: 'evt-repeated', data: { n: 1 } };
    // Whatever else a repeat says, it is the same event.
    for (const data of [{ n: 1 }, { n: 1 }, { n: 2 }]) await mono.send({ ...named, data });
    const unnamed = { event: 'mono.events.nameless', data: { id: 'a', customer: 'b' } };
    await mono.send(unnamed);
    await mono.send({ data: { customer: 'b', id: 'a' }, event: unnamed.event });
    await mono.send({ ...unnamed, timestamp: '2026-03-01T00:00:00.000Z' });
    const all = await Promise.all(
      Array.from({ length: 20 }, () => mono.send({ ...named, event_id: 'evt-at-once' })),
    );
    expect(all.map(({ status }) => status)).toEqual(Array.from({ length: 20 }, () => 200));

    expect(await notificationsOf(signalbox, { providerId: 'evt-repeated' })).toHaveLength(1);
    expect(await notificationsOf(signalbox, { providerId: 'evt-at-once' })).toHaveLength(1);
    expect(await notificationsOf(signalbox, { kind: 'mono.events.nameless' })).toHaveLength(2);
    await settled(signalbox, { providerId: 'evt-at-once' });
    expect(await eventsOf('mono.events.repeated')).toHaveLength(2);
  });

  it('without a configuration that is enabled counts and becomes an event, and runs nothing', async () => {
    const { body } = await signalbox.command<{ id: number }>('LookupWebHookByKeyCommand', { key: 'mono' });
    await signalbox.command('DeactivateWebHookConfigCommand', { id: body.data.id });
    await mono.send({ event: 'mono.events.unattended', event_id: 'evt-unattended', data: {} });
    const kept = await settled(signalbox, { providerId: 'evt-unattended' });
    expect(kept).toMatchObject({ outcome: 'counted', executionId: null });
    expect(await eventsOf('mono.events.unattended')).toHaveLength(1);
    await signalbox.command('ActivateWebHookConfigCommand', { id: body.data.id });
  });
});

const eventOf = (event_id: string, amount: number) => ({
  event: 'mono.events.amount',
  event_id,
  data: { account: 'x', amount },
});

describe('A configuration of Mono', () => {
  it('runs what its condition lets through, and retries, though nobody sets its responseMode', async () => {
    const other = await Signalbox.start({ env: { MONO_WEBHOOK_SECRET: secret } });
    await other.createConfig('mono', {
      path: '/webhooks/mono/callback',
      activationCondition: '=request.body.amount.minor > 1000',
      orderingKey: '=request.body.account',
      retry: { maxAttempts: 2, initialSeconds: 0.01, factor: 1, maxSeconds: 1 },
      executionCode: 'throw new Error(context.body.providerId);',
    });
    const sender = new FakeMono(() => other.url + PATH, secret);
    await sender.send(eventOf('small', 1_000));
    await sender.send(eventOf('large', 1_001));
    const endOf = async (providerId: string) => {
      const { executionId } = await settled(other, { providerId });
      return await until(async () => {
        const execution = await other.execution<{ status: string; attempt: number }>(executionId);
        return ['ignored', 'dead'].includes(execution.status) ? execution : null;
      });
    };
    expect(await endOf('small')).toMatchObject({ status: 'ignored', attempt: 1 });
    expect(await endOf('large')).toMatchObject({ status: 'dead', attempt: 2 });
    await other.stop();
  });
});

describe('What is not Mono’s', () => {
  it.each([
    ['no secret', { 'mono-webhook-secret': '' }],
    ['another secret', { 'mono-webhook-secret': randomBytes(16).toString('hex') }],
    ['the secret with more behind it', { 'mono-webhook-secret': `${secret}x` }],
    ['the beginning of the secret', { 'mono-webhook-secret': secret.slice(0, -1) }],
  ])('is refused with %s, and nothing of it is kept', async (_name, headers) => {
    const forged = { event: 'mono.events.forged', event_id: `evt-forged`, data: { amount: 1 } };
    expect(await mono.send(forged, headers)).toEqual({
      status: 401,
      body: '{"message":"Unauthorized request."}',
    });
    expect(await notificationsOf(signalbox, { kind: 'mono.events.forged' })).toEqual([]);
  });

  it('does not take the place of what is: a forged one first, and the genuine one counts', async () => {
    const genuine = { event: 'direct_debit.payment_successful', event_id: 'evt-genuine', data: {} };
    const forged = { ...genuine, data: { object: { amount: 99 } } };
    expect((await mono.send(forged, { 'mono-webhook-secret': 'guessed by somebody' })).status).toBe(401);
    expect((await mono.send(genuine)).status).toBe(200);
    expect(await settled(signalbox, { providerId: 'evt-genuine' })).toMatchObject({
      outcome: 'counted',
      data: {},
    });
  });

  it('finds the configuration of the key mono at no dynamic address', async () => {
    const response = await signalbox.call('mono', { event: 'mono.events.forged', data: {} });
    expect(response.status).toBe(404);
  });

  it.each([
    ['no JSON', 'event=paid'],
    ['a list', '[1]'],
    ['a number', '7'],
    ['nothing', ''],
    ['no event', '{"data":{}}'],
    ['an event that is no text', '{"event":{"a":1},"data":{}}'],
    ['too deep', `{"event":"a","data":${'['.repeat(200)}${']'.repeat(200)}}`],
    ['too large', JSON.stringify({ event: 'a', data: 'x'.repeat(1_100_000) })],
  ])('is refused with a sentence where the body is %s', async (_name, body) => {
    const response = await fetch(signalbox.url + PATH, {
      method: 'POST',
      headers: { 'mono-webhook-secret': secret },
      body,
    });
    expect(response.status).toBeGreaterThanOrEqual(400);
    expect(response.status).toBeLessThan(500);
    expect(((await response.json()) as { message: string }).message).toMatch(/^[A-Z].{10}/);
  });

  it('is refused as long as no secret is set', async () => {
    const unset = await Signalbox.start();
    const response = await new FakeMono(() => unset.url + PATH, secret).send({ event: 'a', data: {} });
    expect(response.status).toBe(503);
    expect(response.body).toContain('MONO_WEBHOOK_SECRET');
    expect((await fetch(unset.url + PATH)).status).toBe(503);
    await unset.stop();
  });
});

describe('A browser that comes back from Mono', () => {
  it('sees a page, and what it says is a hint that nothing follows from', async () => {
    const response = await fetch(
      `${signalbox.url}${PATH}?reference=order-90&status=successful&evil=<script>`,
    );
    expect(response.status).toBe(200);
    const page = await response.text();
    expect(page).toContain('You can close this window');
    expect(page).not.toContain('order-90');
    const kept = await settled(signalbox, { kind: 'redirect' });
    expect(kept).toMatchObject({
      state: 'unverified',
      outcome: 'noted',
      executionId: null,
      data: { reference: 'order-90', status: 'successful' },
    });
  });

  it('is one hint, however often it comes at the same moment', async () => {
    const begun = new Date().toISOString();
    const come = () => fetch(`${signalbox.url}${PATH}?reference=order-91`);
    const answers = await Promise.all(Array.from({ length: 20 }, come));
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
    await settled(signalbox, { kind: 'redirect', from: begun });
    const events = await eventsOf('mono.redirect');
    expect(events.filter(({ payload }) => payload['reference'] === 'order-91')).toHaveLength(1);
  });

  it('is sent on to the operator’s own page, with what Mono appended and nothing else', async () => {
    const env = { MONO_WEBHOOK_SECRET: secret, MONO_REDIRECT_URL: 'https://shop.example/paid?from=mono' };
    const other = await Signalbox.start({ env });
    const response = await fetch(`${other.url}${PATH}?code=abc&status=successful&next=https://evil.example`, {
      redirect: 'manual',
    });
    expect(response.status).toBe(302);
    expect(response.headers.get('location')).toBe(
      'https://shop.example/paid?from=mono&code=abc&status=successful',
    );
    await other.stop();
  });
});
