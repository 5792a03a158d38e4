import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../support/until.ts';
import { olderPayment, payment } from './remita-fixtures.ts';
import { RemitaStory } from './remita-story.ts';

const ok = [200, 'text/plain; charset=utf-8', 'Ok'];

let story: RemitaStory;

beforeAll(async () => {
  story = await RemitaStory.start();
});

afterAll(() => story.stop());

describe('A payment that Remita confirms', () => {
  it('is acknowledged, has its effect once and runs the configuration once, as verified', async () => {
    const sent = payment('100000000001');
    story.remita.payments.set('100000000001', { status: '00', amount: 5000.5 });
    expect(await story.pay([sent])).toEqual(ok);
    await story.outcomes('100000000001', 'counted');
    const notification = await story.whole('100000000001');
    expect(notification).toMatchObject({
      kind: 'payment',
      state: 'verified',
      detail: 'Remita has RRR 100000000001 as paid, with 5000.50 NGN',
      ip: '127.0.0.1',
      rawBase64: Buffer.from(JSON.stringify(sent)).toString('base64'),
      checks: [{ state: 'verified' }],
    });
    expect(await story.runsOf('100000000001')).toEqual([
      {
        notificationId: notification.id,
        provider: 'remita',
        kind: 'payment',
        providerId: '100000000001',
        verification: 'verified',
        receivedAt: expect.any(String),
        account: null,
        reference: '100000000001',
        status: null,
        amount: { minor: 500_050, currency: 'NGN', original: 5000.5 },
        occurredAt: '2026-01-28 10:24:39',
        data: sent,
      },
    ]);
    expect(await story.events('100000000001')).toEqual(['remita.payment.verified']);
  });

  it('may come as a single object, and in the older spelling', async () => {
    story.remita.payments.set('100000000002', { status: '01', amount: '7500.00' });
    expect(await story.pay(olderPayment('1000-0000-0002'))).toEqual(ok);
    await story.outcomes('100000000002', 'counted');
    const [run] = await story.runsOf('100000000002');
    expect(run).toMatchObject({
      verification: 'verified',
      amount: { minor: 750_000 },
      data: { channel: 'BRANCH', payerPhoneNumber: '08087654321', payerEmail: 'bola@example.com' },
    });
  });

  it('may be one of many in a body, each for itself: one without an RRR is kept and never counts', async () => {
    for (const rrr of ['100000000003', '100000000004'])
      story.remita.payments.set(rrr, { status: '00', amount: 5000.5 });
    const bad = { ...payment('x'), rrr: '', orderId: 'without an RRR' };
    expect(await story.pay([payment('100000000003'), bad, payment('100000000004')])).toEqual(ok);
    await story.outcomes('100000000003', 'counted');
    await story.outcomes('100000000004', 'counted');
    const [kept] = await until(async () => {
      const found = await story.notifications({ state: 'unverifiable', outcome: 'noted' });
      return found.length > 0 ? found : null;
    });
    expect(kept).toMatchObject({
      providerId: null,
      executionId: null,
      detail: 'It has no RRR that Remita could be asked about',
    });
    expect((await story.byId(kept!.id)).data).toMatchObject({ orderId: 'without an RRR' });
    expect(story.remita.answered).not.toContain('');
  });

  it('keeps each digit of a number that is longer than those of JavaScript', async () => {
    const rrr = '12345678901234567890';
    story.remita.payments.set(rrr, { status: '00', amount: 10 });
    expect(await story.pay(`[{"rrr":${rrr},"orderId":98765432109876543210,"amount":10.00}]`)).toEqual(ok);
    await story.outcomes(rrr, 'counted');
    const [run] = await story.runsOf(rrr);
    expect(run).toMatchObject({ reference: rrr, data: { rrr, orderId: '98765432109876543210' } });
  });
});

describe('A payment that Remita has as pending', () => {
  it('counts by itself once it is paid, and only then', async () => {
    story.remita.payments.set('200000000001', { status: '021', amount: 5000.5 });
    await story.pay([payment('200000000001')]);
    expect(await story.askedAbout('200000000001', 1)).toMatchObject({
      state: 'unverified',
      outcome: 'pending',
      executionId: null,
      eventId: null,
    });
    story.remita.payments.set('200000000001', { status: '00', amount: 5000.5 });
    await story.outcomes('200000000001', 'counted');
    expect(await story.runsOf('200000000001')).toMatchObject([{ verification: 'verified' }]);
    expect((await story.whole('200000000001')).checks.map(({ state }) => state)).toEqual([
      'unverified',
      'verified',
    ]);
    expect(await story.events('200000000001')).toEqual(['remita.payment.verified']);
  });

  it('is asked about at once when the same bytes come again, and counts once', async () => {
    const body = JSON.stringify([payment('200000000002')]);
    story.remita.payments.set('200000000002', { status: '025', amount: 5000.5 });
    await story.pay(body);
    await story.askedAbout('200000000002', 1);
    story.remita.payments.set('200000000002', { status: '00', amount: 5000.5 });
    expect(await story.pay(body)).toEqual(ok);
    await story.outcomes('200000000002', 'counted');
    const [first, second, ...others] = (await story.whole('200000000002')).checks;
    // By itself it would have been asked about after five seconds.
    expect(Date.parse(second!.checkedAt) - Date.parse(first!.checkedAt)).toBeLessThan(5_000);
    expect(others).toEqual([]);
    expect(await story.pay(body)).toEqual(ok);
    expect(await story.runsOf('200000000002')).toHaveLength(1);
  });
});

describe('A payment that Remita denies', () => {
  it('is refuted and runs nothing, and counts when somebody has it asked again after it was paid', async () => {
    await story.pay([payment('300000000001')]);
    const [denied] = await story.outcomes('300000000001', 'refuted');
    expect(denied).toMatchObject({
      state: 'refuted',
      executionId: null,
      detail: 'Remita does not confirm RRR 300000000001 (status 022)',
    });
    expect(await story.events('300000000001')).toEqual(['remita.payment.refuted']);
    story.remita.payments.set('300000000001', { status: '00', amount: 5000.5 });
    expect(await story.reverify(denied!.id)).toBe(200);
    await story.outcomes('300000000001', 'counted');
    expect(await story.runsOf('300000000001')).toHaveLength(1);
    expect(await story.reverify(denied!.id)).toBe(409);
  });

  it('counts when the same bytes come again after it was paid: who guessed them before keeps nobody out', async () => {
    const body = JSON.stringify(payment('300000000002'));
    await story.pay(body);
    await story.outcomes('300000000002', 'refuted');
    story.remita.payments.set('300000000002', { status: '00', amount: 5000.5 });
    expect(await story.pay(body)).toEqual(ok);
    await story.outcomes('300000000002', 'counted');
    expect(await story.runsOf('300000000002')).toHaveLength(1);
  });

  it('because it was forged does not keep out the genuine one', async () => {
    story.remita.payments.set('300000000003', { status: '00', amount: 5000.5 });
    await story.pay([payment('300000000003', { amount: 950_000 })]);
    const [forged] = await story.outcomes('300000000003', 'refuted');
    expect(forged!.detail).toBe(
      'Remita has RRR 300000000003 as paid with 5000.50 NGN, and the notification says 950000.00 NGN',
    );
    await story.pay([payment('300000000003')]);
    await story.outcomes('300000000003', 'refuted', 'counted');
    expect(await story.runsOf('300000000003')).toMatchObject([{ amount: { minor: 500_050 } }]);
  });
});

describe('A payment that was counted', () => {
  it('is a duplicate in other bytes, and has no second effect', async () => {
    story.remita.payments.set('400000000001', { status: '00', amount: 5000.5 });
    await story.pay([payment('400000000001')]);
    const [first] = await story.outcomes('400000000001', 'counted');
    expect(await story.pay([payment('400000000001', { bank: '058' })])).toEqual(ok);
    const [, second] = await story.outcomes('400000000001', 'counted', 'duplicate');
    expect(second).toMatchObject({ duplicateOf: first!.id, executionId: null, eventId: null });
    expect(await story.runsOf('400000000001')).toHaveLength(1);
    expect(await story.events('400000000001')).toEqual(['remita.payment.verified']);
  });

  it('counts once when it comes in many spellings at the same time', async () => {
    story.remita.payments.set('400000000002', { status: '00', amount: 5000.5 });
    const spellings = Array.from({ length: 12 }, (_, at) =>
      payment('400000000002', { bank: String(at % 8) }),
    );
    const answers = await Promise.all(spellings.map((sent) => story.pay([sent])));
    expect(answers).toEqual(spellings.map(() => ok));
    const all = await until(async () => {
      const found = await story.notifications({ providerId: '400000000002' });
      return found.every(({ outcome }) => outcome !== 'pending') ? found : null;
    });
    expect(all.map(({ outcome }) => outcome).sort()).toEqual(['counted', ...Array(7).fill('duplicate')]);
    expect(await story.runsOf('400000000002')).toHaveLength(1);
  });
});

describe('An answer that is no answer', () => {
  it('about another RRR, without an amount or from a service that refuses is asked for again', async () => {
    const answers: [string, Record<string, unknown>, RegExp][] = [
      ['500000000001', { status: '00', amount: 5000.5, RRR: '500000000009' }, /answered about another/],
      ['500000000002', { status: '00' }, /names no amount to compare/],
      ['500000000003', { status: '020' }, /REMITA_MERCHANT_ID or REMITA_API_KEY may be wrong/],
    ];
    for (const [rrr, answer] of answers) story.remita.payments.set(rrr, answer);
    await story.pay(answers.map(([rrr]) => payment(rrr)));
    for (const [rrr, , detail] of answers) {
      const { outcome, checks } = await story.askedAbout(rrr, 1);
      expect([outcome, checks[0]!.state]).toEqual(['pending', 'unverified']);
      expect(checks[0]!.detail).toMatch(detail);
      story.remita.payments.set(rrr, { status: '00', amount: 5000.5 });
    }
    for (const [rrr] of answers) await story.outcomes(rrr, 'counted');
  });
});

describe('While Remita is slow', () => {
  it('payments are acknowledged all the same, and count when it has answered', async () => {
    const letGo = story.remita.hold();
    const before = story.remita.answered.length;
    const rrrs = Array.from({ length: 20 }, (_, at) => `6000000000${String(at).padStart(2, '0')}`);
    for (const rrr of rrrs) story.remita.payments.set(rrr, { status: '00', amount: 5000.5 });
    const asked = story.remita.asked;
    for (const rrr of rrrs) expect(await story.pay([payment(rrr)])).toEqual(ok);
    await until(async () => (story.remita.asked > asked ? true : null));
    expect(story.remita.answered).toHaveLength(before);
    letGo();
    for (const rrr of rrrs) await story.outcomes(rrr, 'counted');
  });
});

describe('While Remita is down', () => {
  it.each([
    ['cut', '700000000001', /could not be asked: The connection failed/],
    ['busy', '700000000002', /HTTP status 503/],
    ['lost', '700000000003', /answer cannot be read/],
  ] as const)('(%s) a payment is acknowledged, and counts by itself later', async (mode, rrr, detail) => {
    story.remita.payments.set(rrr, { status: '00', amount: 5000.5 });
    story.remita.mode = mode;
    expect(await story.pay([payment(rrr)])).toEqual(ok);
    const { checks, outcome } = await story.askedAbout(rrr, 1);
    story.remita.mode = 'up';
    expect(outcome).toBe('pending');
    expect(checks[0]!.detail).toMatch(detail);
    await story.outcomes(rrr, 'counted');
    expect(await story.runsOf(rrr)).toHaveLength(1);
  });
});
