import { describe, expect, it } from 'vitest';
import { olderPayment, payment } from '../../../../test/integrations/remita-fixtures.ts';
import { paymentReceipts, rrrIn } from './remita-payment.rules.ts';

const receipts = (value: unknown) => paymentReceipts(Buffer.from(JSON.stringify(value)));

describe('A payment', () => {
  it('of today is read with all that it has', () => {
    const sent = payment('310007789302');
    expect(receipts([sent])).toEqual([
      {
        kind: 'payment',
        receiptKey: expect.stringMatching(/^payment [\w-]{43}$/),
        effectKey: 'rrr 310007789302',
        providerId: '310007789302',
        state: 'unverified',
        detail: null,
        configKey: 'remita',
        fields: {
          account: null,
          reference: '310007789302',
          status: null,
          amount: { minor: 500_050, currency: 'NGN', original: 5000.5 },
          occurredAt: '2026-01-28 10:24:39',
        },
        data: sent,
        raw: Buffer.from(JSON.stringify(sent)),
      },
    ]);
  });

  it('in the older spelling has the names of today beside it', () => {
    const [receipt] = receipts(olderPayment('1'))!;
    expect(receipt).toMatchObject({
      fields: {
        amount: { minor: 750_000, original: '7,500.00' },
        occurredAt: '2026-01-28 00:00:00',
      },
      data: {
        channnel: 'BRANCH',
        channel: 'BRANCH',
        payerPhoneNumber: '08087654321',
        payerEmail: 'bola@example.com',
      },
    });
  });

  it('may come alone or among others: its key is of its own bytes', () => {
    const [alone] = receipts(payment('1'))!;
    const [first, second, again] = receipts([payment('1'), payment('2'), payment('1')])!;
    expect(first!.receiptKey).toBe(alone!.receiptKey);
    expect(again!.receiptKey).toBe(alone!.receiptKey);
    expect(second!.receiptKey).not.toBe(alone!.receiptKey);
    const [spaced] = paymentReceipts(Buffer.from(`[ ${JSON.stringify(payment('1'), null, 1)} ]`))!;
    expect(spaced!.receiptKey).not.toBe(alone!.receiptKey);
    expect(spaced!.effectKey).toBe(alone!.effectKey);
  });

  it('with nothing but its RRR is one', () => {
    expect(receipts([{ rrr: 310_007_789_302 }])).toMatchObject([
      { effectKey: 'rrr 310007789302', state: 'unverified', fields: { amount: null, occurredAt: null } },
    ]);
  });

  it.each([
    undefined,
    null,
    '',
    ' ',
    '-',
    'a b',
    '../1',
    '1/2',
    '1?2',
    'é',
    true,
    {},
    ['1'],
    1.5,
    'a'.repeat(65),
  ])('with an RRR like %j is kept, and never has an effect', (rrr) => {
    expect(receipts([{ ...payment('1'), rrr }, payment('2')])).toMatchObject([
      {
        state: 'unverifiable',
        effectKey: null,
        providerId: null,
        detail: 'It has no RRR that Remita could be asked about',
      },
      { state: 'unverified', effectKey: 'rrr 2' },
    ]);
  });

  it('keeps each digit of long numbers', () => {
    const body = Buffer.from('{"rrr":12345678901234567890,"orderId":98765432109876543210,"amount":1}');
    expect(paymentReceipts(body)).toMatchObject([
      {
        effectKey: 'rrr 12345678901234567890',
        data: { rrr: '12345678901234567890', orderId: '98765432109876543210' },
      },
    ]);
  });

  it('is none in a body that is no object and no array of objects', () => {
    expect(receipts([])).toBeNull();
    expect(receipts(['310007789302'])).toBeNull();
    expect(paymentReceipts(Buffer.from('rrr=1'))).toBeNull();
  });
});

describe('An RRR', () => {
  it('is the same with the hyphens that people read it with', () => {
    expect(rrrIn('3100-0778-9302')).toBe('310007789302');
    expect(rrrIn(' 310007789302 ')).toBe('310007789302');
    expect(rrrIn('AB-12')).toBe('AB-12');
    expect(rrrIn(undefined, 7)).toBe('7');
  });
});
