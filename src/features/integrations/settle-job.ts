import type { Tx } from '../../platform/db/index.ts';
import type { NewJob, Queue } from '../../platform/queue/index.ts';
import { IntegrationNotificationEntity } from './integration-notification.entity.ts';
import type { Provider } from './provider.ts';

/** The jobs of the queue that settle notifications. */
export const SETTLE_NOTIFICATION = 'integration.settle';

/** What a job needs to find its notification. */
export interface SettleJobData {
  accountId: string;
  /** When it was said, or said again, or somebody wanted it asked. */
  since: number;
}

type Named = Pick<IntegrationNotificationEntity, 'id' | 'accountId' | 'provider'>;

/** The job that settles a notification; one that waits is planned anew. */
export function settleJob({ id, accountId, provider }: Named, runAt: number): NewJob {
  return {
    id,
    kind: SETTLE_NOTIFICATION,
    lane: `integration ${provider}`,
    group: null,
    runAt,
    data: JSON.stringify({ accountId, since: runAt } satisfies SettleJobData),
  };
}

/** It has its effect only when its provider has said that it is true. */
export function isAskedAbout(
  { verify }: Provider,
  { state, effectHash }: Pick<IntegrationNotificationEntity, 'state' | 'effectHash'>,
): boolean {
  return verify !== undefined && state === 'unverified' && effectHash !== null;
}

/** What a notification becomes that its provider is asked about once more. */
export const askedAgain = { state: 'unverified', outcome: 'pending', detail: null, settledAt: null } as const;

/** Has its provider asked once more, now. */
export async function askAgainIn(tx: Tx, queue: Queue, notification: Named, now: number): Promise<void> {
  const { accountId, id } = notification;
  await tx.manager.update(IntegrationNotificationEntity, { accountId, id }, askedAgain);
  await queue.addIn(tx, settleJob(notification, now));
}
