import { createHmac, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { keptBytes } from '../support/database.ts';
import { Signalbox } from '../support/signalbox.ts';
import { notificationsOf, settled } from './notifications.ts';

const secretKey = `sk_test_${randomBytes(16).toString('hex')}`;
let signalbox: Signalbox;

beforeAll(async () => {
  signalbox = await Signalbox.start({ env: { PAYSTACK_SECRET_KEY: secretKey } });
  await signalbox.createConfig('paystack', { executionCode: 'return context.body.amount;' });
});
afterAll(() => signalbox.stop());

const sign = (body: string, key = secretKey) => createHmac('sha512', key).update(body).digest('hex');

async function send(body: string, signature: string | null = sign(body)) {
  const response = await fetch(`${signalbox.url}/api/webhooks/paystack`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(signature !== null && { 'x-paystack-signature': signature }),
    },
    body,
  });
  return { status: response.status, body: await response.text() };
}

const charge = (id: number, amount = 450_000) => ({
  event: 'charge.success',
  data: {
    id,
    status: 'success',
    reference: `order-${id}`,
    amount,
    currency: 'NGN',
    paid_at: '2026-04-01T12:00:00.000Z',
    customer: { customer_code: 'CUS_made_up', email: 'ada@example.com' },
  },
});

describe('A notification of Paystack', () => {
  it('that is signed is acknowledged with 200, counted and run', async () => {
    expect(await send(JSON.stringify(charge(1)))).toEqual({ status: 200, body: '{"message":"Received."}' });
    const kept = await settled(signalbox, { provider: 'paystack', providerId: '1' });
    expect(kept).toMatchObject({
      kind: 'charge.success',
      state: 'verified',
      outcome: 'counted',
      fields: {
        account: 'CUS_made_up',
        reference: 'order-1',
        status: 'success',
        amount: { minor: 450_000, currency: 'NGN', original: 450_000 },
        occurredAt: '2026-04-01T12:00:00.000Z',
      },
    });
    expect(await signalbox.execution<{ key: string }>(kept.executionId)).toMatchObject({ key: 'paystack' });
  });

  it('is checked and kept to the byte, also where names are written with escapes', async () => {
    const body = String.raw`{"\u0065vent":"charge.success","data":{"id":11}}`;
    expect((await send(body)).status).toBe(200);
    const kept = await settled(signalbox, { providerId: '11' });
    expect(Buffer.from(kept.rawBase64!, 'base64').toString()).toBe(body);
  });

  it('has its effect once, also where a repeat is written another way', async () => {
    const body = charge(2);
    await send(JSON.stringify(body));
    await send(JSON.stringify(body));
    await settled(signalbox, { providerId: '2' });
    await send(JSON.stringify({ data: body.data, event: body.event }));
    await expect
      .poll(async () => (await notificationsOf(signalbox, { outcome: 'duplicate' })).length)
      .toBe(1);
    const all = await notificationsOf(signalbox, { providerId: '2' });
    expect(all.map(({ outcome }) => outcome)).toEqual(['duplicate', 'counted']);
    expect(all[0]!.duplicateOf).toBe(all[1]!.id);
  });

  it.each([
    ['without a signature', () => null],
    ['signed with another key', (body: string) => sign(body, 'sk_test_of_somebody_else')],
    ['signed for another body', () => sign('{}')],
    ['with a signature that is none', () => 'x'.repeat(128)],
  ])('%s is refused, and nothing of it is kept', async (_name, signature) => {
    const body = JSON.stringify(charge(3));
    expect((await send(body, signature(body))).status).toBe(401);
    expect(await notificationsOf(signalbox, { providerId: '3' })).toEqual([]);
  });

  it('leaves the secret key in no record and no log', async () => {
    expect(await keptBytes(signalbox.dataFolder)).not.toContain(secretKey);
    expect(signalbox.output).not.toContain(secretKey);
  });
});
