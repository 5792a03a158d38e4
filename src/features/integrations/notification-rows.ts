import type { HotTable, TableRow } from '../../platform/db/index.ts';
import { newId } from '../../platform/ids.ts';
import { hashOf } from './hash.rules.ts';
import type { IntegrationNotificationEntity } from './integration-notification.entity.ts';
import type { NotificationFields, Receipt } from './provider.ts';

const columns = [
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
  'settled_at',
  'event_id',
  'execution_id',
];

/** A notification that is there already makes the whole commit fail. */
const newNotifications: HotTable = {
  name: 'integration_notifications',
  columns,
  payloadColumn: 'payload',
};

/** A notification that is there already stays as it is. */
const notifications: HotTable = { ...newNotifications, onConflict: '(provider, receipt_hash) DO NOTHING' };

/** What has had its effect already makes the whole commit fail. */
const effects: HotTable = {
  name: 'integration_effects',
  columns: ['provider', 'effect_hash', 'notification_id', 'counted_at'],
};

const checks: HotTable = {
  name: 'integration_checks',
  columns: ['notification_id', 'checked_at', 'state', 'detail'],
  onConflict: '(notification_id, checked_at) DO NOTHING',
};

/** The large parts of a notification. */
export interface NotificationPayload {
  fields: NotificationFields;
  data: unknown;
  raw: Buffer;
}

/** A notification, and what was kept of what it says; null: nothing is left of that. */
export interface RecordedNotification {
  notification: IntegrationNotificationEntity;
  payload: NotificationPayload | null;
}

/** A receipt on its way into the records. */
export type NewNotification = RecordedNotification & { payload: NotificationPayload };

/** Where and when a receipt came in. */
export interface Arrival {
  provider: string;
  accountId: string;
  ip: string | null;
  receivedAt: number;
}

/** What is recorded of a receipt. */
export function newNotification(receipt: Receipt, arrival: Arrival): NewNotification {
  const { kind, receiptKey, effectKey, providerId, configKey, state, detail, fields, data, raw } = receipt;
  const notification: IntegrationNotificationEntity = {
    ...arrival,
    id: newId('ntf', arrival.receivedAt),
    kind,
    receiptHash: hashOf(receiptKey),
    effectHash: effectKey === null ? null : hashOf(effectKey),
    providerId,
    configKey,
    state,
    outcome: 'pending',
    detail,
    settledAt: null,
    eventId: null,
    executionId: null,
    duplicateOf: null,
    payload: null,
  };
  return { notification, payload: { fields, data, raw } };
}

/** The row that keeps a notification; where one of the same receipt is there, nothing is written. */
export function notificationRow(kept: NewNotification): TableRow {
  return rowOf(notifications, kept);
}

/** The same, with which nothing is written where one of the same receipt is there. */
export function newNotificationRow(kept: NewNotification): TableRow {
  return rowOf(newNotifications, kept);
}

function rowOf(table: HotTable, { notification: n, payload }: NewNotification): TableRow {
  return {
    table,
    values: [
      n.accountId,
      n.id,
      n.provider,
      n.kind,
      n.receiptHash,
      n.effectHash,
      n.providerId,
      n.configKey,
      n.state,
      n.outcome,
      n.detail,
      n.ip,
      n.receivedAt,
      n.settledAt,
      n.eventId,
      n.executionId,
    ],
    payload: [JSON.stringify(payload.fields), JSON.stringify(payload.data), payload.raw],
  };
}

/** The row by which a notification has its effect before all others. */
export function effectRow(
  { provider, id }: Pick<IntegrationNotificationEntity, 'provider' | 'id'>,
  effectHash: string,
  countedAt: number,
): TableRow {
  return { table: effects, values: [provider, effectHash, id, countedAt] };
}

/** The row of one time that a provider was asked. */
export function checkRow(
  notificationId: string,
  checkedAt: number,
  { state, detail }: { state: string; detail: string },
): TableRow {
  return { table: checks, values: [notificationId, checkedAt, state, detail] };
}
