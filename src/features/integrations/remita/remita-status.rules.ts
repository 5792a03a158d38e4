import { createHash } from 'node:crypto';
import type { OutboundRequest } from '../../../platform/outbound-http.ts';
import { majorAmount } from '../amount.rules.ts';
import { type Fields, fieldsIn, textIn } from '../fields.rules.ts';
import type { RemitaSettings } from '../integration-settings.ts';
import type { Amount, Claim, Verdict } from '../provider.ts';
import { CURRENCY, rrrIn } from './remita-payment.rules.ts';
import { nameIn, readJson } from './sent-objects.rules.ts';

/** What Remita is asked about a notification, and what its answer says of it. No verdict repeats what is secret: the key, and the hash. */
export interface RemitaQuestion {
  request: Pick<OutboundRequest, 'method' | 'url' | 'headers' | 'body'>;
  verdictOn(answer: Fields): Verdict;
}

type Account = Pick<RemitaSettings, 'merchantId' | 'apiKey' | 'baseUrl'>;

/** What a status stands for; whatever is not listed stands for no. */
interface Statuses {
  yes: readonly string[];
  later: readonly string[];
}
const paymentStatuses: Statuses = { yes: ['00', '01'], later: ['021', '025', '045'] };
const debitStatuses: Statuses = { yes: ['01'], later: ['069', '070', '071', '072'] };
const mandateStatuses: Statuses = { yes: ['00'], later: ['040', '061'] };
const mandateStatusNames = ['statuscode', 'statusCode'];
/** Remita does not accept who asks. */
const strangerStatuses = ['013', '020', '033'];

/** The question by which Remita confirms a notification. */
export function questionAbout({ kind, fields, data }: Claim, account: Account): RemitaQuestion {
  if (kind === 'payment') return aboutPayment(fields.reference ?? '', fields.amount, account);
  const mandateId = nameIn(fieldsIn(data)['mandateId']) ?? '';
  const requestId = fields.reference ?? '';
  const names = { mandateId, requestId };
  return kind === 'debit' ? aboutDebit(names, fields.amount, account) : aboutMandate(names, account);
}

/** The object in an answer, which may be wrapped as `jsonp (…)`; null: there is none. */
export function answerIn(body: Buffer): Fields | null {
  const text = body.toString('utf8').trim();
  const [, wrapped] = /^jsonp\s*\((.*)\)\s*;?$/is.exec(text) ?? [];
  try {
    const answer = fieldsIn(readJson(wrapped ?? text));
    return Object.keys(answer).length === 0 ? null : answer;
  } catch {
    return null;
  }
}

/** Nobody knows yet. @param why a sentence. */
export function unverified(why: string): Verdict {
  return { state: 'unverified', detail: why };
}

function aboutPayment(rrr: string, claimed: Amount | null, account: Account): RemitaQuestion {
  const { merchantId, apiKey, baseUrl } = account;
  const hash = sha512(rrr + apiKey + merchantId);
  const subject = `RRR ${rrr}`;
  return {
    request: {
      method: 'GET',
      url: `${baseUrl}/echannelsvc/${merchantId}/${rrr}/${hash}/status.reg`,
      headers: { Authorization: `remitaConsumerKey=${merchantId},remitaConsumerToken=${hash}` },
    },
    verdictOn: (answer) =>
      judged(answer, ['status'], (status) => {
        const named = textIn(answer['RRR'], answer['rrr']);
        if (named !== null && rrrIn(named) !== rrr)
          return unverified(`Remita was asked about ${subject} and answered about another`);
        const verdict = verdictBy(paymentStatuses, status, subject);
        if (verdict) return verdict;
        return named === null
          ? unverified(`Remita has something as paid and does not say that it is ${subject}`)
          : paid(subject, claimed, answer['amount']);
      }),
  };
}

interface MandateNames {
  mandateId: string;
  requestId: string;
}

function aboutDebit(names: MandateNames, claimed: Amount | null, account: Account): RemitaQuestion {
  const subject = `debit ${names.requestId} of mandate ${names.mandateId}`;
  return {
    request: mandateRequest('mandate/payment/status', names, account),
    verdictOn: (answer) =>
      judged(
        answer,
        mandateStatusNames,
        (status) =>
          othersThan(names, answer) ??
          verdictBy(debitStatuses, status, subject) ??
          paid(subject, claimed, answer['amount']),
      ),
  };
}

function aboutMandate(names: MandateNames, account: Account): RemitaQuestion {
  const subject = `mandate ${names.mandateId}`;
  return {
    request: mandateRequest('mandate/status', names, account),
    verdictOn: (answer) =>
      judged(answer, mandateStatusNames, (status) => {
        const verdict = othersThan(names, answer) ?? verdictBy(mandateStatuses, status, subject);
        if (verdict) return verdict;
        // A mandate that waits for its activation has status 00 too.
        return answer['isActive'] === true || answer['isActive'] === 'true'
          ? { state: 'verified', detail: `Remita has ${subject} as active` }
          : unverified(`Remita knows ${subject}, and it is not active yet`);
      }),
  };
}

function mandateRequest(
  path: string,
  { mandateId, requestId }: MandateNames,
  { merchantId, apiKey, baseUrl }: Account,
): RemitaQuestion['request'] {
  const hash = sha512(mandateId + merchantId + requestId + apiKey);
  return {
    method: 'POST',
    url: `${baseUrl}/echannelsvc/echannel/${path}`,
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ merchantId, mandateId, requestId, hash }),
  };
}

/** @param names where such answers have their status. @param by judges one that has a status. */
function judged(answer: Fields, names: readonly string[], by: (status: string) => Verdict): Verdict {
  const refusal = codesIn(answer, ['status', ...mandateStatusNames]).find((code) =>
    strangerStatuses.includes(code),
  );
  if (refusal !== undefined)
    return unverified(
      `Remita refuses to say (status ${refusal}): REMITA_MERCHANT_ID or REMITA_API_KEY may be wrong`,
    );
  const [status] = codesIn(answer, names);
  return status === undefined ? unverified("Remita's answer has no status") : by(status);
}

/** Two or three digits in a text: that is how Remita writes a status. */
function codesIn(answer: Fields, names: readonly string[]): string[] {
  return names.flatMap((name) => {
    const value = answer[name];
    return typeof value === 'string' && /^\d{2,3}$/.test(value.trim()) ? [value.trim()] : [];
  });
}

function othersThan(names: MandateNames, answer: Fields): Verdict | null {
  const isOther = Object.entries(names).some(([name, value]) => {
    const named = textIn(answer[name]);
    return named !== null && named !== value;
  });
  return isOther
    ? unverified(`Remita was asked about mandate ${names.mandateId} and answered about another`)
    : null;
}

/** Null: it stands for yes. */
function verdictBy(statuses: Statuses, status: string, subject: string): Verdict | null {
  if (statuses.yes.includes(status)) return null;
  if (statuses.later.includes(status))
    return unverified(`Remita has ${subject} as pending (status ${status})`);
  return { state: 'refuted', detail: `Remita does not confirm ${subject} (status ${status})` };
}

/** It is paid: whether with what the notification says. */
function paid(subject: string, claimed: Amount | null, answered: unknown): Verdict {
  const amount = majorAmount(answered, CURRENCY)?.minor ?? null;
  const having = `Remita has ${subject} as paid`;
  if (claimed === null) {
    const words = amount === null ? 'no amount' : naira(amount);
    return { state: 'verified', detail: `${having}, with ${words}; the notification names no amount` };
  }
  if (claimed.minor === null)
    return { state: 'refuted', detail: `${having}, and the amount in the notification cannot be read` };
  if (amount === null)
    return unverified(`${having}, and names no amount to compare with ${naira(claimed.minor)}`);
  if (amount !== claimed.minor)
    return {
      state: 'refuted',
      detail: `${having} with ${naira(amount)}, and the notification says ${naira(claimed.minor)}`,
    };
  return { state: 'verified', detail: `${having}, with ${naira(amount)}` };
}

function naira(minor: number): string {
  const digits = String(Math.abs(minor)).padStart(3, '0');
  return `${minor < 0 ? '-' : ''}${digits.slice(0, -2)}.${digits.slice(-2)} ${CURRENCY}`;
}

function sha512(text: string): string {
  return createHash('sha512').update(text).digest('hex');
}
