import { describe, expect, it } from 'vitest';
import {
  activationItem,
  debitItem,
  directDebit,
  loan,
  olderLoan,
} from '../../../../test/integrations/remita-fixtures.ts';
import { collectionReceipts } from './remita-collection.rules.ts';
import { OBJECTS_MAX } from './sent-objects.rules.ts';

const receipts = (value: unknown, isTrusted = false) =>
  collectionReceipts(Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)), isTrusted);

const longId = '9876543210987654321';

describe('The collection of a loan', () => {
  it('in the older spelling is read with each digit of its id, and with the names of today', () => {
    expect(receipts(olderLoan(longId), true)).toEqual([
      {
        kind: 'collection',
        receiptKey: expect.stringMatching(/^trusted loan [\w-]{43}$/),
        effectKey: `loan ${longId}`,
        providerId: longId,
        state: 'unverifiable',
        detail: expect.stringContaining('REMITA_ALLOWED_IPS'),
        configKey: 'remita-collection',
        fields: {
          account: '456',
          reference: '180007742165',
          status: 'NEW',
          amount: { minor: 1_250_075, currency: 'NGN', original: 12_500.75 },
          occurredAt: '25-01-2026 14:56:53+0000',
        },
        data: expect.objectContaining({
          id: longId,
          customer_id: '456',
          customerId: '456',
          paymentStatus: 'NEW',
          requestId: '1769592',
        }),
        raw: Buffer.from(olderLoan(longId)),
      },
    ]);
  });

  it('in the spelling of today has the same effect', () => {
    const [older] = receipts(olderLoan(longId), true)!;
    const [today] = receipts(loan(longId), true)!;
    expect(today!.effectKey).toBe(older!.effectKey);
    expect(today!.fields).toEqual(older!.fields);
    expect(today!.receiptKey).not.toBe(older!.receiptKey);
  });

  it('that anybody can have sent has no effect and runs nothing, and says why', () => {
    const [receipt] = receipts(loan('1'), false)!;
    expect(receipt).toMatchObject({ state: 'unverifiable', effectKey: null, configKey: null });
    expect(receipt!.detail).toMatch(/anybody can have sent it/);
  });

  it('that came while anybody could send it is not a repeat once only Remita can', () => {
    expect(receipts(loan('1'), false)![0]!.receiptKey).not.toBe(receipts(loan('1'), true)![0]!.receiptKey);
  });

  it.each([undefined, null, '', ' ', {}, true, 'a b', 'a'.repeat(101)])(
    'with an id like %j is none',
    (id) => {
      expect(receipts({ ...loan('1'), id }, true)).toBeNull();
    },
  );
});

describe('A direct debit', () => {
  it('is a receipt for each line item, with its own bytes', () => {
    const items = [
      debitItem('180799091923', '73298'),
      debitItem('180799091923', '73299', { amount: 2500.5 }),
    ];
    const found = receipts(directDebit('DEBIT', ...items))!;
    expect(found).toMatchObject([
      {
        kind: 'debit',
        effectKey: 'debit 180799091923 73298',
        providerId: '180799091923',
        state: 'unverified',
        detail: null,
        configKey: 'remita-collection',
        fields: {
          account: null,
          reference: '73298',
          status: null,
          amount: { minor: 1_000_000, currency: 'NGN', original: '10000' },
          occurredAt: '28/01/2026',
        },
        data: { ...items[0], notificationType: 'DEBIT' },
      },
      { effectKey: 'debit 180799091923 73299', fields: { amount: { minor: 250_050 } } },
    ]);
    expect(found.map(({ raw }) => raw.toString())).toEqual(items.map((item) => JSON.stringify(item)));
    expect(new Set(found.map(({ receiptKey }) => receiptKey)).size).toBe(2);
  });

  it('with another date is no second debit', () => {
    const [first] = receipts(directDebit('DEBIT', debitItem('1', '2')))!;
    const [other] = receipts(directDebit('DEBIT', debitItem('1', '2', { debitDate: '29/01/2026' })))!;
    expect(other!.effectKey).toBe(first!.effectKey);
    expect(other!.receiptKey).not.toBe(first!.receiptKey);
  });

  it('is another thing than an activation of the same bytes', () => {
    const item = { mandateId: '1', requestId: '2', amount: '10000' };
    const [debit] = receipts(directDebit('DEBIT', item))!;
    const [activation] = receipts(directDebit('ACTIVATION', item))!;
    expect(activation).toMatchObject({ kind: 'activation', effectKey: 'activation 1 2' });
    expect(activation!.receiptKey).not.toBe(debit!.receiptKey);
  });

  it('may come with others in an array', () => {
    const sent = [
      directDebit('ACTIVATION', activationItem('1', '2')),
      directDebit('DEBIT', debitItem('1', '3'), debitItem('1', '4')),
    ];
    expect(receipts(sent)!.map(({ effectKey }) => effectKey)).toEqual([
      'activation 1 2',
      'debit 1 3',
      'debit 1 4',
    ]);
  });

  it('is named the same in small letters', () => {
    const sent = { ...directDebit('DEBIT', debitItem('1', '2')), notificationType: ' debit ' };
    expect(receipts(sent)).toMatchObject([{ kind: 'debit', data: { notificationType: 'DEBIT' } }]);
  });

  it.each([{ mandateId: undefined }, { requestId: null }, { requestId: 'a b' }, { mandateId: {} }])(
    'that cannot be asked about (%j) is kept, and never has an effect',
    (changes) => {
      const sent = directDebit('DEBIT', debitItem('1', '2', changes), debitItem('1', '3'));
      expect(receipts(sent)).toMatchObject([
        { state: 'unverifiable', effectKey: null, detail: expect.stringMatching(/mandateId and requestId/) },
        { state: 'unverified', effectKey: 'debit 1 3' },
      ]);
    },
  );

  it('keeps each digit of long numbers', () => {
    const sent =
      '{"notificationType":"DEBIT","lineItems":[{"mandateId":98765432109876543210,"requestId":2}]}';
    expect(receipts(sent)).toMatchObject([{ effectKey: 'debit 98765432109876543210 2' }]);
  });

  it.each([
    { notificationType: 'DEBIT' },
    { notificationType: 'DEBIT', lineItems: [] },
    { notificationType: 'DEBIT', lineItems: {} },
    { notificationType: 'DEBIT', lineItems: [1] },
    { notificationType: 'REVERSAL', lineItems: [debitItem('1', '2')] },
    { notificationType: 'constructor', lineItems: [debitItem('1', '2')] },
    { lineItems: [debitItem('1', '2')] },
    [directDebit('DEBIT', debitItem('1', '2')), {}],
    [],
    'DEBIT',
  ])('is none in %j', (sent) => {
    expect(receipts(JSON.stringify(sent))).toBeNull();
  });

  it('is none where there are more line items than one call reports', () => {
    const items = Array.from({ length: OBJECTS_MAX }, (_, at) => debitItem('1', String(at)));
    const one = directDebit('DEBIT', ...items);
    expect(receipts(one)).toHaveLength(OBJECTS_MAX);
    expect(receipts([one, directDebit('DEBIT', debitItem('2', '1'))])).toBeNull();
  });
});
