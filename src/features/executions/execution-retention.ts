import { Injectable } from '@nestjs/common';
import { In, Not, Raw } from 'typeorm';
import { Database, RowsByAge } from '../../platform/db/index.ts';
import { Retention, type RetentionTime, type Sweep } from '../../platform/retention.ts';
import { ExecutionEntity, unfinishedStatuses } from './execution.entity.ts';
import { RecordedCalls } from './recorded-calls.ts';

/** The longest window of an idempotency key. */
const IDEMPOTENCY_MS_MAX = 30 * 86_400_000;

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

  sweep({ now, before }: RetentionTime): AsyncGenerator<number> {
    const over = {
      // While a key holds, its execution is what a repeat is answered from.
      idempotencyKey: Raw((column) => `(${column} IS NULL OR received_at < :keysFrom)`, {
        keysFrom: now - IDEMPOTENCY_MS_MAX,
      }),
      status: Not(In(unfinishedStatuses)),
      finishedAt: Raw((column) => `COALESCE(${column}, received_at) < :before`, { before }),
    };
    return this.rows.deleteBefore(before, over, (tx, accountId, ids) =>
      this.recordedCalls.deleteOrphans(tx, accountId, ids),
    );
  }

  private async *payloadsBefore(before: number): AsyncGenerator<string> {
    yield* this.rows.payloadsBefore(before);
    yield* this.recordedCalls.payloadsBefore(before);
  }
}
