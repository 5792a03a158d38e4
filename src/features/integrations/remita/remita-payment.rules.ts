import { majorAmount } from '../amount.rules.ts';
import { type Fields, textIn } from '../fields.rules.ts';
import { hashOf } from '../hash.rules.ts';
import type { Receipt } from '../provider.ts';
import { type SentObject, sentObjects, withNamesOfToday } from './sent-objects.rules.ts';

/** All that Remita has to do with is naira. */
export const CURRENCY = 'NGN';

/** Names that older notifications have for the same. */
const olderNames = {
  channel: 'channnel',
  payerName: 'payername',
  payerPhoneNumber: 'payerphonenumber',
  payerEmail: 'payeremail',
};

/** The payments of which a body tells; null: it is no JSON object, and no array of some. */
export function paymentReceipts(body: Buffer): Receipt[] | null {
  return sentObjects(body)?.map(paymentReceipt) ?? null;
}

function paymentReceipt({ fields: sent, raw }: SentObject): Receipt {
  const rrr = rrrIn(sent['rrr'], sent['RRR']);
  const state =
    rrr === null
      ? ({ state: 'unverifiable', detail: 'It has no RRR that Remita could be asked about' } as const)
      : ({ state: 'unverified', detail: null } as const);
  return {
    kind: 'payment',
    receiptKey: `payment ${hashOf(raw)}`,
    effectKey: rrr === null ? null : `rrr ${rrr}`,
    providerId: rrr,
    ...state,
    configKey: 'remita',
    fields: {
      account: null,
      reference: rrr,
      status: null,
      amount: majorAmount(sent['amount'], CURRENCY),
      occurredAt: occurredAt(sent),
    },
    data: withNamesOfToday(sent, olderNames),
    raw,
  };
}

/** An RRR: letters, digits and hyphens. One of digits has its hyphens for people only, and is the same without. */
export function rrrIn(...values: readonly unknown[]): string | null {
  const text = textIn(...values);
  if (text === null || !/^(?=.*[A-Za-z\d])[A-Za-z\d-]{1,64}$/.test(text)) return null;
  return /[A-Za-z]/.test(text) ? text : text.replaceAll('-', '');
}

/** The debit's has a time of day, the transaction's has not. */
function occurredAt(sent: Fields): string | null {
  return textIn(
    sent['debitdate'],
    sent['debitDate'],
    sent['transactiondate'],
    sent['transactionDate'],
    sent['dateSent'],
  );
}
