import { Injectable } from '@nestjs/common';
import { In } from 'typeorm';
import { Clock } from '../../platform/clock.ts';
import { Database, type TableRow, type Tx } from '../../platform/db/index.ts';
import { reach } from '../../platform/fault-points.ts';
import { type NewJob, Queue } from '../../platform/queue/index.ts';
import { WebHookConfigDirectory } from '../webhook-configs/index.ts';
import { IntegrationNotificationEntity } from './integration-notification.entity.ts';
import { hashOf } from './hash.rules.ts';
import { type NewNotification, newNotificationId, notificationRow } from './notification-rows.ts';
import type { Provider, Receipt } from './provider.ts';

/** The jobs of the queue that settle notifications. */
export const SETTLE_NOTIFICATION = 'integration.settle';

const DEFAULT_ACCOUNT = 'default';

/** What a job needs to find its notification. */
export interface SettleJobData {
  accountId: string;
  /** When it was said, or said again, or somebody wanted it asked. */
  since: number;
}

/** The job that settles a notification; one that waits is planned anew. */
export function settleJob(
  { id, accountId, provider }: Pick<IntegrationNotificationEntity, 'id' | 'accountId' | 'provider'>,
  runAt: number,
): NewJob {
  return {
    id,
    kind: SETTLE_NOTIFICATION,
    lane: `integration ${provider}`,
    group: null,
    runAt,
    data: JSON.stringify({ accountId, since: runAt } satisfies SettleJobData),
  };
}

/** What a notification becomes that its provider is asked about once more. */
export const askedAgain = { state: 'unverified', outcome: 'pending', detail: null, settledAt: null } as const;

/** Has its provider asked once more, now. */
export async function askAgainIn(
  tx: Tx,
  queue: Queue,
  notification: Pick<IntegrationNotificationEntity, 'id' | 'accountId' | 'provider'>,
  now: number,
): Promise<void> {
  const { accountId, id } = notification;
  await tx.manager.update(IntegrationNotificationEntity, { accountId, id }, askedAgain);
  await queue.addIn(tx, settleJob(notification, now));
}

type Known = Pick<IntegrationNotificationEntity, 'receiptHash' | 'effectHash' | 'outcome' | 'state'>;

/** Nobody has said that it is true, it has had no effect, and its provider can be asked. */
function isOpen({ effectHash, outcome, state }: Known): boolean {
  const isAskedAbout = effectHash !== null && (state === 'unverified' || state === 'refuted');
  return isAskedAbout && (outcome === 'pending' || outcome === 'refuted' || outcome === 'unconfirmed');
}

/** Puts notifications on record, once each, with the job that settles them. */
@Injectable()
export class ReceiveNotifications {
  constructor(
    private readonly database: Database,
    private readonly queue: Queue,
    private readonly clock: Clock,
    private readonly configs: WebHookConfigDirectory,
  ) {}

  /** Resolves when all are on disk, repeats included. @throws when they cannot be stored. */
  async receive(provider: Provider, receipts: readonly Receipt[], ip: string | null): Promise<void> {
    const { name } = provider;
    const receivedAt = this.clock.now();
    const fresh = new Map<string, NewNotification>();
    for (const receipt of receipts) {
      const receiptHash = hashOf(receipt.receiptKey);
      const id = newNotificationId(receivedAt);
      const accountId = this.accountOf(receipt);
      fresh.set(receiptHash, { id, accountId, provider: name, receipt, receiptHash, ip, receivedAt });
    }
    const known = await this.known(name, [...fresh.keys()]);
    for (const { receiptHash } of known) fresh.delete(receiptHash);
    if (provider.verify) await this.repeat(name, known.filter(isOpen), receivedAt);
    await this.store([...fresh.values()]);
    reach('notification.committed');
  }

  private async store(notifications: readonly NewNotification[]): Promise<void> {
    const parts = notifications.map((one): [NewJob, TableRow] => [
      settleJob(one, one.receivedAt),
      notificationRow(one),
    ]);
    const [first] = parts;
    if (!first) return;
    if (parts.length === 1) await this.queue.add(first[0], [first[1]]);
    else
      await this.database.door.transaction(async (tx) => {
        await tx.write(parts.map(([, row]) => row));
        for (const [job] of parts) await this.queue.addIn(tx, job);
      });
  }

  /** Whoever says once more what nobody has confirmed may know that it can be confirmed now. */
  private async repeat(provider: string, known: readonly Known[], now: number): Promise<void> {
    if (known.length === 0) return;
    const where = { provider, receiptHash: In(known.map(({ receiptHash }) => receiptHash)) };
    await this.database.door.transaction(async (tx) => {
      for (const notification of await tx.manager.find(IntegrationNotificationEntity, { where }))
        if (isOpen(notification)) await askAgainIn(tx, this.queue, notification, now);
    });
  }

  private known(provider: string, hashes: readonly string[]): Promise<Known[]> {
    return this.database.read.find(IntegrationNotificationEntity, {
      select: { receiptHash: true, effectHash: true, outcome: true, state: true },
      where: { provider, receiptHash: In([...hashes]) },
    });
  }

  /** Whose configuration it runs. */
  private accountOf({ configKey }: Receipt): string {
    const config = configKey === null ? undefined : this.configs.findByKey(configKey);
    return config?.accountId ?? DEFAULT_ACCOUNT;
  }
}
