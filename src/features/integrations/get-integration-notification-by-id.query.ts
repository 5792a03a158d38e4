import { z } from 'zod';
import { bpmRequest, Handles } from '../../bus/index.ts';
import { Database } from '../../platform/db/index.ts';
import { IntegrationCheckEntity } from './integration-check.entity.ts';
import { notificationNotFound } from './notification.errors.ts';
import { RecordedNotifications } from './recorded-notifications.ts';
import { notificationView } from './notification-view.ts';

/** One notification whole: its fields, its bytes, and what its provider said when it was asked. */
export class GetIntegrationNotificationByIdQuery extends bpmRequest({
  kind: 'query',
  permission: 'integrations:read',
  input: z.strictObject({ id: z.string().min(1).max(100) }),
  success: 'Notification retrieved successfully',
  example: { id: 'ntf_01a2007d-3c11-7000-8b52-5d0e8f6a7b90' },
}) {}

@Handles(GetIntegrationNotificationByIdQuery)
export class GetIntegrationNotificationByIdHandler {
  constructor(
    private readonly database: Database,
    private readonly notifications: RecordedNotifications,
  ) {}

  async execute({ input: { id }, caller: { accountId } }: GetIntegrationNotificationByIdQuery) {
    const found = await this.notifications.find({ accountId, id });
    if (!found) throw notificationNotFound();
    const checks = await this.database.read.find(IntegrationCheckEntity, {
      where: { notificationId: id },
      order: { checkedAt: 'ASC' },
    });
    return notificationView(found, checks);
  }
}
