import { Injectable } from '@nestjs/common';
import type { Tx } from '../../platform/db/index.ts';
import { Events } from '../events/index.ts';
import { CallsOfHouse, type ReadyHouseCall } from '../webhook-router/index.ts';
import { IntegrationEffectEntity } from './integration-effect.entity.ts';
import type {
  IntegrationNotificationEntity,
  NotificationOutcome,
} from './integration-notification.entity.ts';
import type { NotificationPayload } from './notification-rows.ts';
import { notificationBody } from './notification-view.ts';
import type { Provider, Verdict } from './provider.ts';

/** What is settled, and what is known of it. */
export interface Settlement {
  provider: Provider;
  notification: IntegrationNotificationEntity;
  payload: NotificationPayload | null;
  /** What its provider said just now; null: it was not asked. */
  verdict: Verdict | null;
}

/** What became of a notification, to be written. */
type Settled = Pick<
  IntegrationNotificationEntity,
  'state' | 'outcome' | 'detail' | 'duplicateOf' | 'eventId' | 'executionId' | 'settledAt'
>;

/** The effects that a notification may have. */
@Injectable()
export class NotificationEffects {
  constructor(
    private readonly events: Events,
    private readonly calls: CallsOfHouse,
  ) {}

  /** The call of its configuration; null: it has none, or may not be run. */
  async callOf({ notification, payload, verdict }: Settlement): Promise<ReadyHouseCall | null> {
    const { accountId, configKey, ip, receivedAt } = notification;
    const state = verdict?.state ?? notification.state;
    if (configKey === null || payload === null || state === 'refuted' || state === 'unverified') return null;
    const body = Buffer.from(JSON.stringify(notificationBody(notification, payload, state)));
    return await this.calls.ready({ key: configKey, accountId, body, ip, receivedAt });
  }

  /** Has them as a part of the transaction. */
  async haveIn(
    tx: Tx,
    { provider, notification, payload, verdict }: Settlement,
    call: ReadyHouseCall | null,
    now: number,
  ): Promise<Settled> {
    const state = verdict?.state ?? notification.state;
    const detail = verdict?.detail ?? notification.detail;
    const settled = { state, detail, duplicateOf: null, eventId: null, executionId: null, settledAt: now };
    const first =
      state === 'verified' || state === 'unverifiable' ? await firstIn(tx, notification, now) : null;
    if (first !== null && first !== notification.id)
      return { ...settled, outcome: 'duplicate', duplicateOf: first };
    const outcome = first === null ? outcomeWithoutEffect(state, notification) : 'counted';
    const { accountId, kind } = notification;
    const event = await this.events.publishIn(tx, {
      accountId,
      type: provider.eventType(kind, state),
      payload: payload ? notificationBody(notification, payload, state) : { notificationId: notification.id },
    });
    const executionId = call && outcome === 'counted' ? await this.calls.acceptIn(tx, call) : null;
    return { ...settled, outcome, eventId: event.id, executionId };
  }
}

/** Who has the effect: this notification, or one before it; null: it never has one. */
async function firstIn(
  tx: Tx,
  { id, provider, effectHash }: IntegrationNotificationEntity,
  now: number,
): Promise<string | null> {
  if (effectHash === null) return null;
  const first = await tx.manager.findOneBy(IntegrationEffectEntity, { provider, effectHash });
  if (first) return first.notificationId;
  await tx.manager.insert(IntegrationEffectEntity, {
    provider,
    effectHash,
    notificationId: id,
    countedAt: now,
  });
  return id;
}

function outcomeWithoutEffect(
  state: IntegrationNotificationEntity['state'],
  { effectHash }: IntegrationNotificationEntity,
): NotificationOutcome {
  if (state === 'refuted') return 'refuted';
  return state === 'unverified' && effectHash !== null ? 'unconfirmed' : 'noted';
}
