import { Injectable } from '@nestjs/common';
import { Database, rawQuery } from '../../platform/db/index.ts';
import { Retention, type RetentionTime, type Sweep } from '../../platform/retention.ts';

const ROWS_PER_COMMIT = 300;

/** Deletes idempotency keys whose window is over and whose run has ended. */
@Injectable()
export class IdempotencyRetention implements Sweep {
  readonly name = 'idempotency keys';

  constructor(
    private readonly database: Database,
    retention: Retention,
  ) {
    retention.register(this);
  }

  async *sweep({ now }: RetentionTime): AsyncGenerator<number> {
    for (let count = ROWS_PER_COMMIT; count === ROWS_PER_COMMIT;) {
      const over = await rawQuery<{ configId: number; keyHash: string }[]>(
        this.database.read,
        `SELECT config_id AS "configId", key_hash AS "keyHash" FROM idempotency_keys WHERE expires_at < ?
          AND NOT EXISTS (SELECT 1 FROM queue_jobs WHERE queue_jobs.id = execution_id) LIMIT ?`,
        [now, ROWS_PER_COMMIT],
      );
      count = over.length;
      if (count === 0) return;
      await this.database.door.transaction((tx) =>
        rawQuery(
          tx.manager,
          // Somebody may have taken it since.
          `DELETE FROM idempotency_keys WHERE expires_at < ?
            AND (config_id, key_hash) IN (VALUES ${over.map(() => '(CAST(? AS INTEGER), ?)').join(',')})`,
          [now, ...over.flatMap(({ configId, keyHash }) => [configId, keyHash])],
        ),
      );
      yield count;
    }
  }
}
