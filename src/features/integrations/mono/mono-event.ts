import { malformed } from '../../webhook-router/index.ts';
import { sortedJson } from '../../events/index.ts';
import { minorAmount } from '../amount.rules.ts';
import { type Fields, fieldsIn, textIn } from '../fields.rules.ts';
import type { NotificationFields, Receipt } from '../provider.ts';

/** What Mono sends: `{event, event_id?, timestamp?, data}`. */

const CURRENCY = 'NGN';
/** What these events are about is a payment or a mandate, and `data.id` is its name. */
const hasOwnId = /^(events\.mandate|direct_debit\.|event\.disburse)/;

/** The receipt of an event. @throws AppError 400 where it names no event. */
export function monoReceipt(sent: unknown, raw: Buffer): Receipt {
  const envelope = unwrapped(sent);
  const kind = textIn(envelope['event']);
  if (kind === null) throw malformed('The body names no event');
  const { data, timestamp } = envelope;
  const eventId = textIn(envelope['event_id']);
  // Some events have no id: their repeats have the same content.
  const receiptKey = eventId === null ? `content ${sortedJson([kind, data, timestamp])}` : `id ${eventId}`;
  return {
    kind,
    receiptKey,
    effectKey: receiptKey,
    providerId: eventId,
    state: 'verified',
    detail: null,
    configKey: 'mono',
    fields: fieldsOf(kind, fieldsIn(data), timestamp),
    data: data ?? null,
    raw,
  };
}

/** The event of a dispute comes wrapped in another `data`. */
function unwrapped(sent: unknown): Fields {
  const outer = fieldsIn(sent);
  const inner = fieldsIn(outer['data']);
  return outer['event'] === undefined && typeof inner['event'] === 'string' ? inner : outer;
}

function fieldsOf(kind: string, data: Fields, timestamp: unknown): NotificationFields {
  const object = fieldsIn(data['object']);
  const meta = fieldsIn(data['meta']);
  return {
    account: accountOf(kind, data),
    reference: textIn(object['reference'], data['reference'], data['reference_number'], meta['ref']),
    status: textIn(object['status'], data['status'], meta['data_status']),
    amount: minorAmount(
      object['amount'] ?? data['amount'],
      textIn(object['currency'], data['currency']) ?? CURRENCY,
    ),
    occurredAt: textIn(timestamp, object['created_at'], data['date'], data['created_at']),
  };
}

/** It stands in one of four places, those of a payment within its `object`. */
function accountOf(kind: string, data: Fields): string | null {
  const account = data['account'] ?? fieldsIn(data['object'])['account'];
  const nested = fieldsIn(account);
  const own = hasOwnId.test(kind) ? undefined : data['id'];
  return textIn(nested['_id'], nested['id'], typeof account === 'string' ? account : undefined, own);
}
