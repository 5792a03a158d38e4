import { Injectable } from '@nestjs/common';
import { Clock } from '../../platform/clock.ts';
import { Database } from '../../platform/db/index.ts';
import { reach } from '../../platform/fault-points.ts';
import { type Job, Queue } from '../../platform/queue/index.ts';
import { IntegrationNotificationEntity } from './integration-notification.entity.ts';
import { NotificationEffects, type Settlement } from './notification-effects.ts';
import { checkRow } from './notification-rows.ts';

/** Ends what a notification began: its effect, once for all of the same, its event and its run in one commit. */
@Injectable()
export class SettleNotification {
  constructor(
    private readonly database: Database,
    private readonly queue: Queue,
    private readonly clock: Clock,
    private readonly effects: NotificationEffects,
  ) {}

  /** Does nothing where another process has taken the job over. */
  async settle(job: Job, settlement: Settlement): Promise<void> {
    const call = await this.effects.callOf(settlement);
    const { notification, verdict } = settlement;
    const { accountId, id } = notification;
    await this.database.door.transaction(async (tx) => {
      if (!(await this.queue.endIn(tx, job))) return;
      const current = await tx.manager.findOneBy(IntegrationNotificationEntity, { accountId, id });
      if (current?.outcome !== 'pending') return;
      const now = this.clock.now();
      if (verdict) await tx.write([checkRow(id, now, verdict)]);
      const settled = await this.effects.haveIn(tx, settlement, call, now);
      await tx.manager.update(IntegrationNotificationEntity, { accountId, id }, settled);
      reach('settle.before');
    });
    reach('settled.committed');
  }
}
