import type { HotTable, Payload, TableRow } from '../../platform/db/index.ts';
import { newId } from '../../platform/ids.ts';
import { hashOf } from './hash.rules.ts';
import type { NotificationFields, Receipt } from './provider.ts';

/** A notification that is there already stays as it is. */
const notifications: HotTable = {
  name: 'integration_notifications',
  columns: [
    'account_id',
    'id',
    'provider',
    'kind',
    'receipt_hash',
    'effect_hash',
    'provider_id',
    'config_key',
    'state',
    'outcome',
    'detail',
    'ip',
    'received_at',
  ],
  payloadColumn: 'payload',
  onConflict: '(provider, receipt_hash) DO NOTHING',
};

const checks: HotTable = {
  name: 'integration_checks',
  columns: ['notification_id', 'checked_at', 'state', 'detail'],
  onConflict: '(notification_id, checked_at) DO NOTHING',
};

/** A receipt on its way into the records. */
export interface NewNotification {
  id: string;
  accountId: string;
  provider: string;
  receipt: Receipt;
  receiptHash: string;
  ip: string | null;
  receivedAt: number;
}

/** The large parts of a notification. */
export interface NotificationPayload {
  fields: NotificationFields;
  data: unknown;
  raw: Buffer;
}

/** A new id, in the order of time. */
export function newNotificationId(receivedAt: number): string {
  return newId('ntf', receivedAt);
}

/** The row that keeps a notification; where one of the same receipt is there, nothing is written. */
export function notificationRow({
  id,
  accountId,
  provider,
  receipt,
  receiptHash,
  ip,
  receivedAt,
}: NewNotification): TableRow {
  const { kind, effectKey, providerId, configKey, state, detail } = receipt;
  const effectHash = effectKey === null ? null : hashOf(effectKey);
  return {
    table: notifications,
    values: [
      accountId,
      id,
      provider,
      kind,
      receiptHash,
      effectHash,
      providerId,
      configKey,
      state,
      'pending',
      detail,
      ip,
      receivedAt,
    ],
    payload: payloadOf(receipt),
  };
}

function payloadOf({ fields, data, raw }: Receipt): Payload {
  return [JSON.stringify(fields), JSON.stringify(data), raw];
}

/** The row of one time that a provider was asked. */
export function checkRow(
  notificationId: string,
  checkedAt: number,
  { state, detail }: { state: string; detail: string },
): TableRow {
  return { table: checks, values: [notificationId, checkedAt, state, detail] };
}
