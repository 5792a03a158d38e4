import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { majorAmount } from '../amount.rules.ts';
import type { Claim } from '../provider.ts';
import { answerIn, questionAbout } from './remita-status.rules.ts';

const account = { merchantId: '2547916', apiKey: 'a-key-of-remita', baseUrl: 'https://remita.example/api' };
const sha512 = (text: string) => createHash('sha512').update(text).digest('hex');

const claim = (kind: string, reference: string, amount?: unknown, mandateId = '180799091923'): Claim => ({
  kind,
  fields: {
    account: null,
    reference,
    status: null,
    amount: majorAmount(amount, 'NGN'),
    occurredAt: null,
  },
  data: { mandateId, requestId: reference },
});

const onPayment = (answer: Record<string, unknown>, amount?: unknown) =>
  questionAbout(claim('payment', '310007789302', amount), account).verdictOn({
    RRR: '310007789302',
    ...answer,
  });
const onDebit = (answer: Record<string, unknown>, amount?: unknown) =>
  questionAbout(claim('debit', '73298', amount), account).verdictOn(answer);
const onMandate = (answer: Record<string, unknown>) =>
  questionAbout(claim('activation', '73298'), account).verdictOn(answer);

describe('Remita is asked', () => {
  it('about a payment by its RRR, with the hash in the address and in the header', () => {
    const hash = sha512('310007789302a-key-of-remita2547916');
    expect(questionAbout(claim('payment', '310007789302'), account).request).toEqual({
      method: 'GET',
      url: `https://remita.example/api/echannelsvc/2547916/310007789302/${hash}/status.reg`,
      headers: { Authorization: `remitaConsumerKey=2547916,remitaConsumerToken=${hash}` },
    });
  });

  it.each([
    ['debit', 'mandate/payment/status'],
    ['activation', 'mandate/status'],
  ])('about a %s by its mandate and its request', (kind, path) => {
    const { request } = questionAbout(claim(kind, '73298'), account);
    expect(request).toMatchObject({
      method: 'POST',
      url: `https://remita.example/api/echannelsvc/echannel/${path}`,
      headers: { 'Content-Type': 'application/json' },
    });
    expect(JSON.parse(request.body as string)).toEqual({
      merchantId: '2547916',
      mandateId: '180799091923',
      requestId: '73298',
      hash: sha512('180799091923254791673298a-key-of-remita'),
    });
  });
});

describe('An answer', () => {
  it.each([
    '{"status":"00","RRR":12345678901234567890}',
    'jsonp ({"status":"00","RRR":12345678901234567890})',
    ' jsonp({"status":"00","RRR":12345678901234567890});\n',
    'JSONP (\n{"status":"00",\n"RRR":12345678901234567890}\n) ;',
  ])('is read out of %s', (body) => {
    expect(answerIn(Buffer.from(body))).toEqual({ status: '00', RRR: '12345678901234567890' });
  });

  it.each([
    '',
    '<html>maintenance</html>',
    'jsonp ()',
    'jsonp ({)',
    '[]',
    '{}',
    'null',
    '"00"',
    '['.repeat(50_000),
  ])('is none in %s', (body) => expect(answerIn(Buffer.from(body))).toBeNull());
});

describe('A payment', () => {
  it.each(['00', '01'])('is verified by status %s and the same amount', (status) => {
    expect(onPayment({ status, amount: 5000.5 }, '5,000.50')).toEqual({
      state: 'verified',
      detail: 'Remita has RRR 310007789302 as paid, with 5000.50 NGN',
    });
  });

  it.each(['021', '025', '045'])('waits as long as its status is %s', (status) => {
    expect(onPayment({ status, amount: 5000 }, 5000)).toEqual({
      state: 'unverified',
      detail: `Remita has RRR 310007789302 as pending (status ${status})`,
    });
  });

  it.each(['02', '012', '046', '059', '028', '055', '022', '999', '002', '10'])(
    'is refuted by status %s',
    (status) => {
      expect(onPayment({ status, amount: 5000 }, 5000)).toEqual({
        state: 'refuted',
        detail: `Remita does not confirm RRR 310007789302 (status ${status})`,
      });
    },
  );

  it.each([{ status: '020' }, { status: '013' }, { status: '033' }, { statuscode: '020', status: 'No' }])(
    'is neither when Remita refuses to say: %j',
    (answer) => {
      const verdict = onPayment(answer, 5000);
      expect(verdict.state).toBe('unverified');
      expect(verdict.detail).toMatch(/refuses to say \(status 0(13|20|33)\): REMITA_MERCHANT_ID/);
    },
  );

  it.each([
    {},
    { status: 0 },
    { status: 'Approved' },
    { status: null },
    { statuscode: '00', status: 'Done' },
  ])('is neither without a status of a payment: %j', (answer) => {
    expect(onPayment({ ...answer, amount: 5000 }, 5000).state).toBe('unverified');
  });

  it('of another amount is refuted, and both are named', () => {
    expect(onPayment({ status: '00', amount: '5000.00' }, 50_000)).toEqual({
      state: 'refuted',
      detail: 'Remita has RRR 310007789302 as paid with 5000.00 NGN, and the notification says 50000.00 NGN',
    });
    expect(onPayment({ status: '00', amount: 0.05 }, -5).detail).toMatch(/0\.05 NGN.* -5\.00 NGN/);
  });

  it('whose amount cannot be read is refuted', () => {
    for (const amount of ['five', '5e9', 0.001, {}, true])
      expect(onPayment({ status: '00', amount: 5000 }, amount)).toMatchObject({ state: 'refuted' });
  });

  it('that names no amount is verified, and the sentence has what was paid', () => {
    for (const amount of [undefined, null, ''])
      expect(onPayment({ status: '00', amount: 5000 }, amount)).toEqual({
        state: 'verified',
        detail: 'Remita has RRR 310007789302 as paid, with 5000.00 NGN; the notification names no amount',
      });
    expect(onPayment({ status: '00' }, null)).toMatchObject({ state: 'verified' });
  });

  it('is not verified by an answer whose amount is missing or cannot be read', () => {
    for (const amount of [undefined, null, 'n/a'])
      expect(onPayment({ status: '00', amount }, 5000)).toEqual({
        state: 'unverified',
        detail: 'Remita has RRR 310007789302 as paid, and names no amount to compare with 5000.00 NGN',
      });
  });

  it.each(['00', '02'])('is neither verified nor refuted by status %s of another RRR', (status) => {
    expect(onPayment({ status, amount: 5000, RRR: '310007789303' }, 5000)).toEqual({
      state: 'unverified',
      detail: 'Remita was asked about RRR 310007789302 and answered about another',
    });
  });

  it('is not verified by an answer that names no RRR, and is refuted by one', () => {
    expect(onPayment({ status: '00', amount: 5000, RRR: undefined }, 5000).state).toBe('unverified');
    expect(onPayment({ status: '02', amount: 5000, RRR: null }, 5000).state).toBe('refuted');
    expect(onPayment({ status: '00', amount: 5000, RRR: '3100-0778-9302' }, 5000).state).toBe('verified');
  });
});

describe('A debit', () => {
  it('is verified by 01 and nothing else', () => {
    const states = Array.from({ length: 1_000 }, (_, code) => [
      ...new Set([String(code).padStart(3, '0'), String(code).padStart(2, '0')]),
    ])
      .flat()
      .map((statuscode) => [statuscode, onDebit({ statuscode, amount: '10000' }, '10000').state] as const);
    const having = (state: string) => states.filter(([, found]) => found === state).map(([code]) => code);
    expect(having('verified')).toEqual(['01']);
    expect(having('unverified')).toEqual(['013', '020', '033', '069', '070', '071', '072']);
  });

  it('of another amount is refuted', () => {
    expect(onDebit({ statuscode: '01', amount: '10000' }, '100000')).toEqual({
      state: 'refuted',
      detail:
        'Remita has debit 73298 of mandate 180799091923 as paid with 10000.00 NGN, and the notification says 100000.00 NGN',
    });
  });

  it.each([{ mandateId: '1' }, { requestId: '1' }])('is not verified by an answer about %j', (other) => {
    expect(onDebit({ statuscode: '01', amount: '10000', ...other }, '10000').state).toBe('unverified');
  });

  it('is verified by an answer that names it', () => {
    const names = { mandateId: '180799091923', requestId: 73_298 };
    expect(onDebit({ statusCode: '01', amount: '10000', ...names }, '10000').state).toBe('verified');
  });

  it('is not verified by the text of a status', () => {
    expect(onDebit({ status: 'Approved', amount: '10000' }, '10000').state).toBe('unverified');
  });
});

describe('An activation', () => {
  it.each([true, 'true'])('is verified by status 00 of a mandate that is active: %j', (isActive) => {
    expect(onMandate({ statuscode: '00', isActive })).toEqual({
      state: 'verified',
      detail: 'Remita has mandate 180799091923 as active',
    });
  });

  it.each([
    { statuscode: '00', isActive: false },
    { statuscode: '00' },
    { statuscode: '00', isActive: 1 },
    { statuscode: '061', isActive: true },
    { statuscode: '040' },
    { statuscode: '020', isActive: true },
    { isActive: true },
    { statuscode: '00', isActive: true, mandateId: '1' },
  ])('waits where the answer is %j', (answer) => {
    expect(onMandate(answer).state).toBe('unverified');
  });

  it.each(['01', '063', '066', '074', '999'])('is refuted by status %s', (statuscode) => {
    expect(onMandate({ statuscode, isActive: true }).state).toBe('refuted');
  });
});

describe('No verdict', () => {
  it('repeats what is secret, nor what was said beside the status', () => {
    const hash = sha512('310007789302a-key-of-remita2547916');
    const said = { message: `a-key-of-remita ${hash}`, statusMessage: hash, statuscode: hash };
    for (const status of ['00', '01', '021', '02', '020', hash, `00 ${hash}`, hash.slice(0, 3)])
      for (const RRR of ['310007789302', hash, undefined])
        for (const amount of [5000, hash, undefined]) {
          const { detail } = onPayment({ ...said, status, RRR, amount }, 5000);
          expect(detail).not.toContain('a-key-of-remita');
          expect(detail).not.toContain(hash.slice(0, 20));
          expect(detail.length).toBeLessThan(200);
        }
  });
});
