import { Injectable } from '@nestjs/common';
import { Clock } from '../../platform/clock.ts';
import { reach } from '../../platform/fault-points.ts';
import { WebHookConfigDirectory } from '../webhook-configs/index.ts';
import { KnownNotifications } from './known-notifications.ts';
import { newNotification } from './notification-rows.ts';
import type { Provider, Receipt } from './provider.ts';
import { StoreNotifications } from './store-notifications.ts';

const DEFAULT_ACCOUNT = 'default';

/** Takes in what a provider sent: each receipt is put on record once. */
@Injectable()
export class ReceiveNotifications {
  constructor(
    private readonly clock: Clock,
    private readonly configs: WebHookConfigDirectory,
    private readonly known: KnownNotifications,
    private readonly storage: StoreNotifications,
  ) {}

  /** Resolves when all are on disk, repeats included. @throws when they cannot be stored. */
  async receive(provider: Provider, receipts: readonly Receipt[], ip: string | null): Promise<void> {
    const { name } = provider;
    const receivedAt = this.clock.now();
    const received = receipts.map((receipt) =>
      newNotification(receipt, { provider: name, accountId: this.accountOf(receipt), ip, receivedAt }),
    );
    const fresh = new Map(received.map((one) => [one.notification.receiptHash, one]));
    const known = await this.known.find(name, [...fresh.keys()]);
    for (const { receiptHash } of known) fresh.delete(receiptHash);
    if (provider.verify) await this.known.repeated(name, known, receivedAt);
    await this.storage.store(provider, [...fresh.values()]);
    reach('notification.committed');
  }

  /** Whose configuration it runs. */
  private accountOf({ configKey }: Receipt): string {
    const config = configKey === null ? undefined : this.configs.findByKey(configKey);
    return config?.accountId ?? DEFAULT_ACCOUNT;
  }
}
