import { Injectable } from '@nestjs/common';
import { Database, RowsByAge } from '../../platform/db/index.ts';
import { Retention, type RetentionTime, type Sweep } from '../../platform/retention.ts';
import { EventEntity } from './event.entity.ts';

/** As long as an idempotency key holds at least. */
const KEPT_MS_MIN = 30 * 86_400_000;

/** Deletes events that are too old. */
@Injectable()
export class EventRetention implements Sweep {
  readonly name = 'events';
  private readonly rows: RowsByAge<EventEntity>;

  constructor(database: Database, retention: Retention) {
    this.rows = new RowsByAge(database, EventEntity, 'evt');
    retention.register(this, (before) => this.rows.payloadsBefore(before));
  }

  sweep({ now, before }: RetentionTime): AsyncGenerator<number> {
    return this.rows.deleteBefore(Math.min(before, now - KEPT_MS_MIN));
  }
}
