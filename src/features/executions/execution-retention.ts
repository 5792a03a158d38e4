import { Injectable } from '@nestjs/common';
import { Database, RowsByAge } from '../../platform/db/index.ts';
import { Retention, type RetentionTime, type Sweep } from '../../platform/retention.ts';
import { ExecutionEntity, unfinishedStatuses } from './execution.entity.ts';
import { RecordedCalls } from './recorded-calls.ts';

/** The longest window of an idempotency key. */
const IDEMPOTENCY_MS_MAX = 30 * 86_400_000;

const unfinished = unfinishedStatuses.map((status) => `'${status}'`).join(', ');

/** Deletes executions that ended long ago; what has not ended stays, however old it is. */
@Injectable()
export class ExecutionRetention implements Sweep {
  readonly name = 'executions';
  private readonly rows: RowsByAge<ExecutionEntity>;

  constructor(
    database: Database,
    retention: Retention,
    private readonly recordedCalls: RecordedCalls,
  ) {
    this.rows = new RowsByAge(database, ExecutionEntity, 'exe');
    retention.register(this, (before) => this.payloadsBefore(before));
  }

  async *sweep({ now, before }: RetentionTime): AsyncGenerator<number> {
    // While a key holds, its execution is what a repeat is answered from.
    const over = `(idempotency_key IS NULL OR received_at < ${now - IDEMPOTENCY_MS_MAX})
      AND status NOT IN (${unfinished}) AND COALESCE(finished_at, received_at) < ${before}`;
    yield* this.rows.deleteBefore(before, over, (tx, accountId, ids) =>
      this.recordedCalls.deleteOrphans(tx, accountId, ids),
    );
    yield* this.recordedCalls.deleteOrphanDays(before);
  }

  private async *payloadsBefore(before: number): AsyncGenerator<string> {
    yield* this.rows.payloadsBefore(before);
    yield* this.recordedCalls.payloadsBefore(before);
  }
}
