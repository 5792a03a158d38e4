import { Injectable } from '@nestjs/common';
import { In } from 'typeorm';
import { Database, RowsByAge } from '../../platform/db/index.ts';
import { Retention, type RetentionTime, type Sweep } from '../../platform/retention.ts';
import { IntegrationCheckEntity } from './integration-check.entity.ts';
import { IntegrationNotificationEntity } from './integration-notification.entity.ts';

/** Deletes notifications that were settled long ago; which effects were had is kept for good (`integration_effects`). */
@Injectable()
export class NotificationRetention implements Sweep {
  readonly name = 'integration notifications';
  private readonly rows: RowsByAge<IntegrationNotificationEntity>;

  constructor(database: Database, retention: Retention) {
    this.rows = new RowsByAge(database, IntegrationNotificationEntity, 'ntf');
    retention.register(this, (before) => this.rows.payloadsBefore(before));
  }

  sweep({ before }: RetentionTime): AsyncGenerator<number> {
    const over = `outcome <> 'pending' AND settled_at < ${before}`;
    return this.rows.deleteBefore(before, over, async (tx, _accountId, ids) => {
      await tx.manager.delete(IntegrationCheckEntity, { notificationId: In([...ids]) });
    });
  }
}
