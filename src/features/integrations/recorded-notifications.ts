import { Injectable } from '@nestjs/common';
import { Database } from '../../platform/db/index.ts';
import { parseJson } from '../../platform/json-text.ts';
import { IntegrationNotificationEntity } from './integration-notification.entity.ts';
import type { NotificationPayload, RecordedNotification } from './notification-rows.ts';

/** Reads notifications whole. */
@Injectable()
export class RecordedNotifications {
  constructor(private readonly database: Database) {}

  /** Null: no such notification is on record. */
  async find(key: { accountId: string; id: string }): Promise<RecordedNotification | null> {
    const notification = await this.database.read.findOneBy(IntegrationNotificationEntity, key);
    return notification && { notification, payload: await this.payloadAt(notification.payload) };
  }

  private async payloadAt(place: string | null): Promise<NotificationPayload | null> {
    if (place === null) return null;
    const [fields, data, raw] = await this.database.payload(place);
    if (!fields || !data || !raw) return null;
    return {
      fields: parseJson(fields.toString('utf8')) as NotificationPayload['fields'],
      data: parseJson(data.toString('utf8')),
      raw,
    };
  }
}
