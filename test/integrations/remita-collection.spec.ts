import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { activationItem, debitItem, directDebit, loan, olderLoan } from './remita-fixtures.ts';
import { RemitaStory } from './remita-story.ts';

const KEY = 'remita-collection';
const loanTaken = [
  200,
  'application/json; charset=utf-8',
  '{"Response_code":"00","response_descr":"Successful","ack_id":"00"}',
];
const ok = [200, 'text/plain; charset=utf-8', 'OK'];
const MANDATE = '180799091923';

describe('The collection of a loan', () => {
  let open: RemitaStory;
  let guarded: RemitaStory;

  beforeAll(async () => {
    [open, guarded] = await Promise.all([
      RemitaStory.start(),
      RemitaStory.start({ REMITA_ALLOWED_IPS: '127.0.0.1' }),
    ]);
  });
  afterAll(async () => {
    await Promise.all([open.stop(), guarded.stop()]);
  });

  it('is on record and runs nothing where anybody can have sent it', async () => {
    expect(await open.collect(olderLoan('1001'))).toEqual(loanTaken);
    const [kept] = await open.outcomes('1001', 'noted');
    expect(kept).toMatchObject({ kind: 'collection', state: 'unverifiable', executionId: null });
    expect(kept!.detail).toMatch(/without REMITA_ALLOWED_IPS anybody can have sent it/);
    expect(await open.events('1001')).toEqual(['remita.collection.unverifiable']);
    expect(await open.reverify(kept!.id)).toBe(409);
    // What came later has run; what came before would have.
    open.remita.debits.set('9 9', { statuscode: '01', amount: '10000' });
    await open.collect(directDebit('DEBIT', debitItem('9', '9')));
    await open.runsOf('9', KEY);
    expect((await open.runs(KEY)).map((body) => body['kind'])).toEqual(['debit']);
  });

  it('runs the configuration once where only Remita can have sent it, in either spelling', async () => {
    const id = '9876543210987654321';
    expect(await guarded.collect(olderLoan(id))).toEqual(loanTaken);
    const [first] = await guarded.outcomes(id, 'counted');
    expect(await guarded.collect(olderLoan(id))).toEqual(loanTaken);
    expect(await guarded.collect(loan(id))).toEqual(loanTaken);
    const [, second] = await guarded.outcomes(id, 'counted', 'duplicate');
    expect(second).toMatchObject({ duplicateOf: first!.id, executionId: null });
    expect(await guarded.runsOf(id, KEY)).toEqual([
      expect.objectContaining({
        kind: 'collection',
        verification: 'unverifiable',
        account: '456',
        reference: '180007742165',
        status: 'NEW',
        amount: { minor: 1_250_075, currency: 'NGN', original: 12_500.75 },
        data: expect.objectContaining({ id, customerId: '456', customer_id: '456' }),
      }),
    ]);
    expect(await guarded.events(id)).toEqual(['remita.collection.unverifiable']);
    expect(guarded.remita.asked).toBe(0);
  });

  it('without an id is refused', async () => {
    for (const id of [undefined, null, ''])
      expect(await guarded.collect({ ...loan('1'), id })).toEqual([400, ok[1], 'Not Ok']);
  });
});

describe('A direct debit', () => {
  let story: RemitaStory;

  beforeAll(async () => {
    story = await RemitaStory.start();
  });
  afterAll(() => story.stop());

  it('counts for each line item that Remita has as paid, and for no other', async () => {
    story.remita.debits.set(`${MANDATE} 1`, { statuscode: '01', status: 'Approved', amount: '10000' });
    story.remita.debits.set(`${MANDATE} 2`, { statuscode: '051', status: 'No sufficient funds' });
    story.remita.debits.set(`${MANDATE} 3`, { statuscode: '01', status: 'Approved', amount: '100' });
    const items = ['1', '2', '3', '4'].map((requestId) => debitItem(MANDATE, requestId));
    expect(await story.collect(directDebit('DEBIT', ...items))).toEqual(ok);
    const settled = await story.outcomes(MANDATE, 'counted', 'refuted', 'refuted', 'refuted');
    expect(settled.map(({ detail }) => detail)).toEqual([
      `Remita has debit 1 of mandate ${MANDATE} as paid, with 10000.00 NGN`,
      `Remita does not confirm debit 2 of mandate ${MANDATE} (status 051)`,
      `Remita has debit 3 of mandate ${MANDATE} as paid with 100.00 NGN, and the notification says 10000.00 NGN`,
      `Remita does not confirm debit 4 of mandate ${MANDATE} (status 074)`,
    ]);
    expect(await story.runsOf(MANDATE, KEY)).toMatchObject([
      {
        kind: 'debit',
        verification: 'verified',
        reference: '1',
        amount: { minor: 1_000_000 },
        data: { notificationType: 'DEBIT', mandateId: MANDATE, requestId: '1' },
      },
    ]);
    expect((await story.events(MANDATE)).toSorted()).toEqual([
      'remita.debit.refuted',
      'remita.debit.refuted',
      'remita.debit.refuted',
      'remita.debit.verified',
    ]);
  });

  it('with another date is no second debit', async () => {
    story.remita.debits.set('21 1', { statuscode: '01', amount: '10000' });
    expect(await story.collect(directDebit('DEBIT', debitItem('21', '1')))).toEqual(ok);
    await story.outcomes('21', 'counted');
    const later = debitItem('21', '1', { debitDate: '29/01/2026' });
    expect(await story.collect([directDebit('DEBIT', later)])).toEqual(ok);
    await story.outcomes('21', 'counted', 'duplicate');
    expect(await story.runsOf('21', KEY)).toHaveLength(1);
  });

  it.each(['069', '070', '071', '072'])('waits as long as its status is %s', async (statuscode) => {
    const mandateId = `31${statuscode}`;
    story.remita.debits.set(`${mandateId} 1`, { statuscode, amount: '10000' });
    await story.collect(directDebit('DEBIT', debitItem(mandateId, '1')));
    const { id, outcome } = await story.askedAbout(mandateId, 1);
    expect(outcome).toBe('pending');
    story.remita.debits.set(`${mandateId} 1`, { statuscode: '01', amount: '10000' });
    expect(await story.reverify(id)).toBe(200);
    await story.outcomes(mandateId, 'counted');
  });

  it('that cannot be asked about is kept, and runs nothing', async () => {
    expect(await story.collect(directDebit('DEBIT', debitItem('41', 'a b')))).toEqual(ok);
    expect(await story.outcomes('41', 'noted')).toMatchObject([
      { state: 'unverifiable', executionId: null, detail: expect.stringMatching(/requestId/) },
    ]);
  });
});

describe('The activation of a mandate', () => {
  let story: RemitaStory;

  beforeAll(async () => {
    story = await RemitaStory.start();
  });
  afterAll(() => story.stop());

  it('counts once, when Remita has the mandate as active', async () => {
    const sent = directDebit('ACTIVATION', activationItem(MANDATE, '77'));
    story.remita.mandates.set(`${MANDATE} 77`, { statuscode: '00', status: 'Successful', isActive: false });
    expect(await story.collect(sent)).toEqual(ok);
    expect(await story.askedAbout(MANDATE, 1)).toMatchObject({
      outcome: 'pending',
      checks: [{ state: 'unverified', detail: `Remita knows mandate ${MANDATE}, and it is not active yet` }],
    });
    story.remita.mandates.set(`${MANDATE} 77`, { statuscode: '00', status: 'Successful', isActive: true });
    expect(await story.collect(sent)).toEqual(ok);
    await story.outcomes(MANDATE, 'counted');
    expect(await story.collect(sent)).toEqual(ok);
    expect(await story.runsOf(MANDATE, KEY)).toMatchObject([
      { kind: 'activation', verification: 'verified', reference: '77', occurredAt: '19/01/2026' },
    ]);
    expect(await story.events(MANDATE)).toEqual(['remita.activation.verified']);
  });

  it.each(['063', '066', '074'])('is refuted by status %s', async (statuscode) => {
    story.remita.mandates.set(`51${statuscode} 1`, { statuscode, isActive: true });
    await story.collect(directDebit('ACTIVATION', activationItem(`51${statuscode}`, '1')));
    expect(await story.outcomes(`51${statuscode}`, 'refuted')).toMatchObject([{ executionId: null }]);
  });

  it('is not confirmed by the debit of the same names', async () => {
    story.remita.debits.set('61 1', { statuscode: '01', amount: '10000' });
    await story.collect(directDebit('ACTIVATION', activationItem('61', '1')));
    await story.outcomes('61', 'refuted');
  });
});
