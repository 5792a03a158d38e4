import { Injectable } from '@nestjs/common';
import { Database } from '../../platform/db/index.ts';
import { asAppError } from '../../platform/errors.ts';
import { Queue } from '../../platform/queue/index.ts';
import { CallsOfHouse } from '../webhook-router/index.ts';
import { NotificationEffects } from './notification-effects.ts';
import { type NewNotification, newNotificationRow, notificationRow } from './notification-rows.ts';
import type { Provider } from './provider.ts';
import { isAskedAbout, settleJob } from './settle-job.ts';

/** Puts notifications on record, each with what comes of it: its effects, or the job that sees to them. */
@Injectable()
export class StoreNotifications {
  constructor(
    private readonly database: Database,
    private readonly queue: Queue,
    private readonly effects: NotificationEffects,
    private readonly calls: CallsOfHouse,
  ) {}

  /** Resolves when all are on disk; those that are there already stay as they are. @throws when they cannot be stored. */
  async store(provider: Provider, kept: readonly NewNotification[]): Promise<void> {
    const [first] = kept;
    if (!first) return;
    if (kept.length > 1) await this.storeAll(kept);
    else if (!(await this.storeSettled(provider, first)))
      await this.queue.add(settleJob(first.notification, first.notification.receivedAt), [
        notificationRow(first),
      ]);
  }

  /**
   * With its effects in one commit, where nobody has to be asked and nothing worked out: of 1,000 a second all are run as they
   * come in, by a job each 247 were. Not where others write too: two with the same receipts would wait for each other in a circle. @returns false, with nothing stored, where it has to go by a job.
   */
  private async storeSettled(provider: Provider, kept: NewNotification): Promise<boolean> {
    const { notification, payload } = kept;
    if (this.database.locks.areShared || isAskedAbout(provider, notification)) return false;
    if (this.calls.areOrdered(notification.configKey)) return false;
    try {
      const settlement = { ...kept, provider, verdict: null };
      const ready = await this.effects.callOf(settlement);
      const { settled, rows, call } = this.effects.ofFirst(settlement, ready, notification.receivedAt);
      const all = [...rows, newNotificationRow({ notification: { ...notification, ...settled }, payload })];
      if (call) await this.calls.accept(call, all);
      else await this.database.door.append(all);
      return true;
    } catch (cause) {
      if (asAppError(cause).kind === 'unavailable') throw cause;
      // The same receipt came at the same moment, or the effect is another's.
      return false;
    }
  }

  private async storeAll(kept: readonly NewNotification[]): Promise<void> {
    await this.database.door.transaction(async (tx) => {
      await tx.write(kept.map(notificationRow));
      for (const { notification } of kept)
        await this.queue.addIn(tx, settleJob(notification, notification.receivedAt));
    });
  }
}
