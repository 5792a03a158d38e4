import { Injectable } from '@nestjs/common';
import { Database } from '../../platform/db/index.ts';
import { Retention, type RetentionTime, type Sweep } from '../../platform/retention.ts';

const ROWS_PER_COMMIT = 300;
const ROWS_PER_PAGE = 1_000;
/** As long as an idempotency key holds at least. */
const KEPT_MS_MIN = 30 * 86_400_000;

/** Deletes events that are too old. */
@Injectable()
export class EventRetention implements Sweep {
  readonly name = 'events';

  constructor(
    private readonly database: Database,
    retention: Retention,
  ) {
    retention.register(this, (before) => this.payloadsBefore(before));
  }

  async *sweep({ now, before }: RetentionTime): AsyncGenerator<number> {
    const end = Math.min(before, now - KEPT_MS_MIN);
    for (let count = ROWS_PER_COMMIT; count === ROWS_PER_COMMIT;) {
      const found = await this.database.read.query<{ accountId: string; id: string }[]>(
        'SELECT account_id AS "accountId", id FROM events WHERE occurred_at < ? LIMIT ?',
        [end, ROWS_PER_COMMIT],
      );
      count = found.length;
      if (count === 0) return;
      await this.database.door.transaction((tx) =>
        tx.manager.query(
          `DELETE FROM events WHERE (account_id, id) IN (VALUES ${found.map(() => '(?, ?)').join(',')})`,
          found.flatMap(({ accountId, id }) => [accountId, id]),
        ),
      );
      yield count;
    }
  }

  private async *payloadsBefore(before: number): AsyncGenerator<string> {
    let after = '';
    for (let count = ROWS_PER_PAGE; count === ROWS_PER_PAGE;) {
      const found = await this.database.read.query<{ id: string; payload: string }[]>(
        'SELECT id, payload FROM events WHERE occurred_at < ? AND id > ? ORDER BY id LIMIT ?',
        [before, after, ROWS_PER_PAGE],
      );
      for (const { payload } of found) yield payload;
      count = found.length;
      after = found.at(-1)?.id ?? '';
    }
  }
}
