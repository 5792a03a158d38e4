import { isoTime } from '../../platform/clock.ts';
import type { EventEntity } from './event.entity.ts';

/** An event as every answer shows it; times are ISO 8601 UTC. */
export interface EventView {
  id: string;
  type: string;
  payload: unknown;
  accountId: string;
  occurredAt: string;
  source: { callerId: string | null; executionId: string | null };
  deliveriesDisabled: boolean;
}

export function eventView(event: Omit<EventEntity, 'payload'>, payload: unknown): EventView {
  return {
    id: event.id,
    type: event.type,
    payload,
    accountId: event.accountId,
    occurredAt: isoTime(event.occurredAt),
    source: { callerId: event.callerId, executionId: event.executionId },
    deliveriesDisabled: event.deliveriesDisabled,
  };
}
