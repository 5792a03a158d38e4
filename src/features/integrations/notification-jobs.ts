import { Injectable } from '@nestjs/common';
import { Clock } from '../../platform/clock.ts';
import { type Job, type JobHandler, Queue } from '../../platform/queue/index.ts';
import { nextCheckAt } from './check-times.rules.ts';
import { checkRow } from './notification-rows.ts';
import { Providers } from './providers.ts';
import { RecordedNotifications } from './recorded-notifications.ts';
import { isAskedAbout, SETTLE_NOTIFICATION, type SettleJobData } from './settle-job.ts';
import type { Settlement } from './notification-effects.ts';
import { SettleNotification } from './settle-notification.ts';

/** Of one provider's questions at the same time: a slow one holds up neither its own service nor other work. */
const CHECKS_AT_ONCE_MAX = 8;

/** Notifications by the queue: asked about where they have to be, and settled. */
@Injectable()
export class NotificationJobs implements JobHandler {
  private queue: Queue | null = null;
  private readonly busy = new Map<string, number>();

  constructor(
    private readonly clock: Clock,
    private readonly providers: Providers,
    private readonly notifications: RecordedNotifications,
    private readonly settlement: SettleNotification,
  ) {}

  /** Before the queue starts. */
  follow(queue: Queue): void {
    this.queue = queue;
    queue.handle(SETTLE_NOTIFICATION, this);
  }

  admit({ lane }: Job): (() => void) | null {
    const count = this.busy.get(lane) ?? 0;
    if (count >= CHECKS_AT_ONCE_MAX) return null;
    this.busy.set(lane, count + 1);
    return () => {
      this.busy.set(lane, this.busy.get(lane)! - 1);
      this.queue!.wake();
    };
  }

  async run(job: Job): Promise<void> {
    const { accountId, since } = JSON.parse(job.data) as SettleJobData;
    const found = await this.notifications.find({ accountId, id: job.id });
    const provider = found && this.providers.find(found.notification.provider);
    if (found?.notification.outcome !== 'pending' || !provider) {
      await this.queue!.end(job, []);
      return;
    }
    const settlement: Settlement = { ...found, provider, verdict: null };
    const { notification, payload } = found;
    if (!isAskedAbout(provider, notification) || !provider.verify || !payload) {
      await this.settlement.settle(job, settlement);
      return;
    }
    const verdict = await provider.verify({ kind: notification.kind, ...payload });
    const now = this.clock.now();
    const nextAt = verdict.state === 'unverified' ? nextCheckAt(since, now) : null;
    if (nextAt === null) await this.settlement.settle(job, { ...settlement, verdict });
    else await this.queue!.retry(job, nextAt, [checkRow(notification.id, now, verdict)]);
  }
}
