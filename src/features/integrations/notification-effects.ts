import { Injectable } from '@nestjs/common';
import type { TableRow, Tx } from '../../platform/db/index.ts';
import { Events } from '../events/index.ts';
import { CallsOfHouse, type ReadyHouseCall } from '../webhook-router/index.ts';
import { IntegrationEffectEntity } from './integration-effect.entity.ts';
import type {
  IntegrationNotificationEntity,
  NotificationOutcome,
} from './integration-notification.entity.ts';
import { effectRow, type RecordedNotification } from './notification-rows.ts';
import { notificationBody } from './notification-view.ts';
import type { Provider, Verdict } from './provider.ts';

/** What is settled, and what is known of it. */
export interface Settlement extends RecordedNotification {
  provider: Provider;
  /** What its provider said just now; null: it was not asked. */
  verdict: Verdict | null;
}

/** What became of a notification, to be written. */
type Settled = Pick<
  IntegrationNotificationEntity,
  'state' | 'outcome' | 'detail' | 'duplicateOf' | 'eventId' | 'executionId' | 'settledAt'
>;

/** What settling a notification writes. */
export interface SettledEffects {
  settled: Settled;
  /** The effect and the event. */
  rows: TableRow[];
  /** What is to be accepted; null: nothing runs. */
  call: ReadyHouseCall | null;
}

/** Who has the effect of a notification; null: it never has one. */
interface Claim {
  first: string | null;
  /** With which it takes it. */
  rows: readonly TableRow[];
}

const noEffect: Claim = { first: null, rows: [] };

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

  /** As they are where no notification before it had the effect: where one had, the rows cannot be written. */
  ofFirst(settlement: Settlement, call: ReadyHouseCall | null, now: number): SettledEffects {
    const claim = mayHaveEffect(settlement) ? takeEffect(settlement.notification, now) : noEffect;
    return this.of(settlement, claim, call, now);
  }

  /** Has them as a part of the transaction. */
  async haveIn(tx: Tx, settlement: Settlement, ready: ReadyHouseCall | null, now: number): Promise<Settled> {
    const claim = mayHaveEffect(settlement) ? await claimIn(tx, settlement.notification, now) : noEffect;
    const { settled, rows, call } = this.of(settlement, claim, ready, now);
    await tx.write(rows);
    if (call) await this.calls.acceptIn(tx, call);
    return settled;
  }

  private of(
    { provider, notification, payload, verdict }: Settlement,
    { first, rows }: Claim,
    ready: ReadyHouseCall | null,
    now: number,
  ): SettledEffects {
    const state = verdict?.state ?? notification.state;
    const detail = verdict?.detail ?? notification.detail;
    const settled = { state, detail, duplicateOf: null, eventId: null, executionId: null, settledAt: now };
    if (first !== null && first !== notification.id)
      return { settled: { ...settled, outcome: 'duplicate', duplicateOf: first }, rows: [], call: null };
    const outcome = first === null ? outcomeWithoutEffect(state, notification) : 'counted';
    const { accountId, kind } = notification;
    const event = this.events.row({
      accountId,
      type: provider.eventType(kind, state),
      payload: payload ? notificationBody(notification, payload, state) : { notificationId: notification.id },
    });
    const call = outcome === 'counted' ? ready : null;
    const executionId = call?.run.id ?? null;
    return {
      settled: { ...settled, outcome, eventId: event.id, executionId },
      rows: [...rows, event.row],
      call,
    };
  }
}

function mayHaveEffect({ notification, verdict }: Settlement): boolean {
  const state = verdict?.state ?? notification.state;
  return notification.effectHash !== null && (state === 'verified' || state === 'unverifiable');
}

/** The effect goes to this notification, unless one before it has it. */
async function claimIn(tx: Tx, notification: IntegrationNotificationEntity, now: number): Promise<Claim> {
  const { provider, effectHash } = notification;
  const first = await tx.manager.findOneBy(IntegrationEffectEntity, { provider, effectHash: effectHash! });
  return first ? { first: first.notificationId, rows: [] } : takeEffect(notification, now);
}

function takeEffect(notification: IntegrationNotificationEntity, now: number): Claim {
  return { first: notification.id, rows: [effectRow(notification, notification.effectHash!, now)] };
}

function outcomeWithoutEffect(
  state: IntegrationNotificationEntity['state'],
  { effectHash }: IntegrationNotificationEntity,
): NotificationOutcome {
  if (state === 'refuted') return 'refuted';
  return state === 'unverified' && effectHash !== null ? 'unconfirmed' : 'noted';
}
