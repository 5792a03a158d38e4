import { Injectable } from '@nestjs/common';
import { Clock } from '../../platform/clock.ts';
import type { HotTable, TableRow, Tx } from '../../platform/db/index.ts';
import { AppError } from '../../platform/errors.ts';
import { newId } from '../../platform/ids.ts';
import { Sealer } from '../../platform/sealing.ts';
import { EventEntity } from './event.entity.ts';
import { sortedJson } from './event.rules.ts';
import { type EventView, eventView } from './event-view.ts';

/** What is to be published. */
export interface NewEvent {
  accountId: string;
  type: string;
  payload: object;
  /** Who publishes it, and in which execution; nobody: the house itself. */
  source?: { callerId?: string; executionId?: string };
  /** True: it is stored and goes to nobody. */
  deliveriesDisabled?: boolean;
  /** An event of the same account with the same key is this one. */
  idempotencyKey?: string;
}

const events: HotTable = {
  name: 'events',
  columns: [
    'account_id',
    'id',
    'type',
    'occurred_at',
    'caller_id',
    'execution_id',
    'deliveries_disabled',
    'idempotency_key',
    'fingerprint',
  ],
  payloadColumn: 'payload',
};

/** Publishes events as a part of whatever brings them about: both are true or neither. */
@Injectable()
export class Events {
  constructor(
    private readonly clock: Clock,
    private readonly sealer: Sealer,
  ) {}

  /** @returns the event, or the first one of its key. @throws AppError 409 when that one was another. */
  async publishIn(tx: Tx, event: NewEvent): Promise<EventView> {
    const { accountId, type, payload, idempotencyKey = null } = event;
    const fingerprint = idempotencyKey && this.sealer.fingerprint(sortedJson([type, payload]));
    const first = idempotencyKey && (await tx.manager.findOneBy(EventEntity, { accountId, idempotencyKey }));
    if (first) {
      if (first.fingerprint !== fingerprint) throw keyOfAnother(first);
      return eventView(first, payload);
    }
    const { view, row } = this.made(event, fingerprint);
    await tx.write([row]);
    return view;
  }

  /** What publishes an event without a key: true when the row is on disk. */
  row(event: Omit<NewEvent, 'idempotencyKey'>): { id: string; row: TableRow } {
    const { view, row } = this.made(event, null);
    return { id: view.id, row };
  }

  private made(event: NewEvent, fingerprint: string | null): { view: EventView; row: TableRow } {
    const { accountId, type, payload, source = {}, idempotencyKey = null } = event;
    const occurredAt = this.clock.now();
    const kept: Omit<EventEntity, 'payload'> = {
      accountId,
      id: newId('evt', occurredAt),
      type,
      occurredAt,
      callerId: source.callerId ?? null,
      executionId: source.executionId ?? null,
      deliveriesDisabled: event.deliveriesDisabled ?? false,
      idempotencyKey,
      fingerprint,
    };
    return {
      view: eventView(kept, payload),
      row: { table: events, values: valuesOf(kept), payload: [JSON.stringify(payload)] },
    };
  }
}

function valuesOf(row: Omit<EventEntity, 'payload'>): unknown[] {
  const r = row;
  return [
    r.accountId,
    r.id,
    r.type,
    r.occurredAt,
    r.callerId,
    r.executionId,
    r.deliveriesDisabled,
    r.idempotencyKey,
    r.fingerprint,
  ];
}

function keyOfAnother({ id }: EventEntity): AppError {
  return new AppError({
    code: 'idempotency.mismatch',
    kind: 'conflict',
    publicMessage: 'Idempotency key is taken',
    details: [`The idempotencyKey belongs to the event ${id}, which has another type or payload`],
  });
}
