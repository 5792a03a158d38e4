import { Injectable } from '@nestjs/common';
import { Database } from '../../platform/db/index.ts';
import { Retention, type RetentionTime, type Sweep } from '../../platform/retention.ts';

const ROWS_PER_COMMIT = 300;
const ROWS_PER_PAGE = 1_000;

/** Deletes idempotency keys whose window is over, and recorded calls that no run will go on from. */
@Injectable()
export class RunRetention implements Sweep {
  readonly name = 'idempotency keys and recorded calls';

  constructor(
    private readonly database: Database,
    retention: Retention,
  ) {
    retention.register(this, (before) => this.payloadsBefore(before));
  }

  async *sweep({ now, before }: RetentionTime): AsyncGenerator<number> {
    yield* this.delete(
      'SELECT config_id, key_hash FROM idempotency_keys WHERE expires_at < ? LIMIT ?',
      'DELETE FROM idempotency_keys WHERE config_id = ? AND key_hash = ?',
      now,
    );
    yield* this.delete(
      `SELECT run_key, n FROM execution_calls WHERE recorded_at < ?
        AND NOT EXISTS (SELECT 1 FROM queue_jobs WHERE queue_jobs.id = run_key)
        AND NOT EXISTS (SELECT 1 FROM idempotency_keys k WHERE k.config_id || ':' || k.key_hash = run_key)
        LIMIT ?`,
      'DELETE FROM execution_calls WHERE run_key = ? AND n = ?',
      before,
    );
  }

  private async *delete(find: string, remove: string, time: number): AsyncGenerator<number> {
    for (let count = ROWS_PER_COMMIT; count === ROWS_PER_COMMIT;) {
      const found = await this.database.read.query<Record<string, unknown>[]>(find, [time, ROWS_PER_COMMIT]);
      count = found.length;
      if (count === 0) return;
      await this.database.door.transaction(async (tx) => {
        for (const row of found) await tx.manager.query(remove, Object.values(row));
      });
      yield count;
    }
  }

  private async *payloadsBefore(before: number): AsyncGenerator<string> {
    let place: [string, number] = ['', 0];
    for (let count = ROWS_PER_PAGE; count === ROWS_PER_PAGE;) {
      const found = await this.database.read.query<{ runKey: string; n: number; payload: string }[]>(
        `SELECT run_key AS "runKey", n, payload FROM execution_calls
          WHERE recorded_at < ? AND (run_key, n) > (?, ?) ORDER BY run_key, n LIMIT ?`,
        [before, ...place, ROWS_PER_PAGE],
      );
      for (const { payload } of found) yield payload;
      count = found.length;
      const last = found.at(-1);
      if (last) place = [last.runKey, last.n];
    }
  }
}
