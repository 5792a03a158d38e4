import { z } from 'zod';
import { bpmRequest, Handles, inTransaction } from '../../bus/index.ts';
import { Clock } from '../../platform/clock.ts';
import { Queue } from '../../platform/queue/index.ts';
import { IntegrationNotificationEntity } from './integration-notification.entity.ts';
import { notificationNotFound, notificationNotVerifiable } from './notification.errors.ts';
import { notificationSummary } from './notification-view.ts';
import { Providers } from './providers.ts';
import { askAgainIn, askedAgain } from './settle-job.ts';

/** Asks the provider once more, now, about a notification that had no effect. */
export class ReverifyIntegrationNotificationCommand extends bpmRequest({
  kind: 'command',
  permission: 'executions:replay',
  input: z.strictObject({ id: z.string().min(1).max(100) }),
  success: 'Notification is being verified',
  example: { id: 'ntf_01a2007d-3c11-7000-8b52-5d0e8f6a7b90' },
  failure: 'Verification failed',
}) {}

@Handles(ReverifyIntegrationNotificationCommand)
export class ReverifyIntegrationNotificationHandler {
  constructor(
    private readonly queue: Queue,
    private readonly clock: Clock,
    private readonly providers: Providers,
  ) {}

  execute({ input: { id }, caller: { accountId } }: ReverifyIntegrationNotificationCommand) {
    return inTransaction(async (tx, trail) => {
      const notification = await tx.manager.findOneBy(IntegrationNotificationEntity, { accountId, id });
      if (!notification) throw notificationNotFound();
      const objection = this.objectionTo(notification);
      if (objection) throw notificationNotVerifiable(objection);
      trail.before = { state: notification.state, outcome: notification.outcome };
      await askAgainIn(tx, this.queue, notification, this.clock.now());
      return notificationSummary({ ...notification, ...askedAgain });
    });
  }

  private objectionTo({
    provider,
    state,
    outcome,
    effectHash,
  }: IntegrationNotificationEntity): string | null {
    if (outcome === 'counted') return 'The notification is verified, and has had its effect';
    if (outcome === 'duplicate') return 'Another notification has had its effect';
    const canBeAsked = this.providers.find(provider)?.verify !== undefined;
    if (!canBeAsked || effectHash === null || state === 'unverifiable' || state === 'verified')
      return 'Nobody can be asked about this notification';
    return null;
  }
}
