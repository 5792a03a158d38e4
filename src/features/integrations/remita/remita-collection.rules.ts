import { majorAmount } from '../amount.rules.ts';
import { textIn } from '../fields.rules.ts';
import { hashOf } from '../hash.rules.ts';
import type { Receipt } from '../provider.ts';
import { elementsOf, memberOf } from './json-slices.rules.ts';
import { CURRENCY } from './remita-payment.rules.ts';
import {
  nameIn,
  objectsOf,
  OBJECTS_MAX,
  type SentObject,
  sentObjects,
  withNamesOfToday,
} from './sent-objects.rules.ts';

/** Names that older notifications of loans have for the same. */
const olderNames = {
  customerId: 'customer_id',
  requestId: 'request_id',
  paymentDate: 'payment_date',
  paymentStatus: 'payment_status',
  statusReason: 'status_reason',
};

const kinds: Readonly<Record<string, string>> = { ACTIVATION: 'activation', DEBIT: 'debit' };

/** The collections of which a body tells; null: it is nothing that Remita sends. @param isTrusted only Remita can have sent it. */
export function collectionReceipts(body: Buffer, isTrusted: boolean): Receipt[] | null {
  const receipts: Receipt[] = [];
  for (const sent of sentObjects(body) ?? []) {
    const { fields } = sent;
    const isDirectDebit = fields['notificationType'] !== undefined || fields['lineItems'] !== undefined;
    const some = isDirectDebit ? directDebitReceipts(sent) : loanReceipts(sent, isTrusted);
    if (some === null || receipts.push(...some) > OBJECTS_MAX) return null;
  }
  return receipts.length === 0 ? null : receipts;
}

function loanReceipts({ fields, raw }: SentObject, isTrusted: boolean): [Receipt] | null {
  const id = nameIn(fields['id']);
  if (id === null) return null;
  const data = withNamesOfToday(fields, olderNames);
  const trust = isTrusted
    ? {
        effectKey: `loan ${id}`,
        configKey: 'remita-collection',
        detail: 'Remita cannot be asked about loans: it came from an address of REMITA_ALLOWED_IPS',
      }
    : {
        effectKey: null,
        configKey: null,
        detail:
          'Remita cannot be asked about loans, and without REMITA_ALLOWED_IPS anybody can have sent it: it is on record and runs nothing',
      };
  return [
    {
      kind: 'collection',
      // What came while anybody could send it does not stand in the way of the same from Remita.
      receiptKey: `${isTrusted ? 'trusted loan' : 'loan'} ${hashOf(raw)}`,
      providerId: id,
      state: 'unverifiable',
      ...trust,
      fields: {
        account: textIn(data['customerId']),
        reference: textIn(data['mandateRef']),
        status: textIn(data['paymentStatus']),
        amount: majorAmount(data['amount'], CURRENCY),
        occurredAt: textIn(data['paymentDate'], data['dateNotificationSent']),
      },
      data,
      raw,
    },
  ];
}

function directDebitReceipts({ fields, raw }: SentObject): Receipt[] | null {
  const type = textIn(fields['notificationType'])?.toUpperCase() ?? '';
  const kind = Object.hasOwn(kinds, type) ? kinds[type]! : null;
  const list = memberOf(raw, 'lineItems');
  const items = list && objectsOf(elementsOf(list));
  if (kind === null || !items) return null;
  return items.map((item) => lineItemReceipt(item, kind, type));
}

function lineItemReceipt({ fields: sent, raw }: SentObject, kind: string, type: string): Receipt {
  const mandateId = nameIn(sent['mandateId']);
  const requestId = nameIn(sent['requestId']);
  const isAskable = mandateId !== null && requestId !== null;
  return {
    kind,
    receiptKey: `${kind} ${hashOf(raw)}`,
    // Without its date: Remita does not confirm the date, and the same debit with another one is no second debit.
    effectKey: isAskable ? `${kind} ${mandateId} ${requestId}` : null,
    providerId: mandateId,
    state: isAskable ? 'unverified' : 'unverifiable',
    detail: isAskable ? null : 'It has no mandateId and requestId that Remita could be asked about',
    configKey: 'remita-collection',
    fields: {
      account: null,
      reference: requestId,
      status: null,
      amount: majorAmount(sent['amount'], CURRENCY),
      occurredAt: textIn(sent['debitDate'], sent['activationDate']),
    },
    data: { ...sent, notificationType: type },
    raw,
  };
}
