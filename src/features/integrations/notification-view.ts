import { isoTime } from '../../platform/clock.ts';
import type { IntegrationCheckEntity } from './integration-check.entity.ts';
import type { IntegrationNotificationEntity } from './integration-notification.entity.ts';
import type { NotificationPayload, RecordedNotification } from './notification-rows.ts';
import type { VerificationState } from './provider.ts';

/** A notification as lists show it. */
export function notificationSummary(notification: IntegrationNotificationEntity) {
  const { receiptHash: _r, effectHash: _e, payload: _p, receivedAt, settledAt, ...shown } = notification;
  return {
    ...shown,
    receivedAt: isoTime(receivedAt),
    settledAt: settledAt === null ? null : isoTime(settledAt),
  };
}

/** The same with all that was kept of it. */
export function notificationView(
  { notification, payload }: RecordedNotification,
  checks: readonly IntegrationCheckEntity[],
) {
  return {
    ...notificationSummary(notification),
    fields: payload?.fields ?? null,
    data: payload?.data ?? null,
    rawBase64: payload?.raw.toString('base64') ?? null,
    checks: checks.map(({ checkedAt, state, detail }) => ({ checkedAt: isoTime(checkedAt), state, detail })),
  };
}

/** What a configuration gets as `context.body`, and subscribers as the payload of the event. */
export function notificationBody(
  { id, provider, kind, providerId, receivedAt }: IntegrationNotificationEntity,
  { fields, data }: NotificationPayload,
  verification: VerificationState,
) {
  return {
    notificationId: id,
    provider,
    kind,
    providerId,
    verification,
    receivedAt: isoTime(receivedAt),
    ...fields,
    data,
  };
}
