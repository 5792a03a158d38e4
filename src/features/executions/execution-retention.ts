import { Injectable } from '@nestjs/common';
import { In, MoreThan, Not, Raw } from 'typeorm';
import { Database } from '../../platform/db/index.ts';
import { Retention, type RetentionTime, type Sweep } from '../../platform/retention.ts';
import { ExecutionEntity, unfinishedStatuses } from './execution.entity.ts';
import { firstIdAt } from '../../platform/ids.ts';

/** Small rows in the order of their ids: 2 ms a commit. */
const ROWS_PER_COMMIT = 300;
const ROWS_PER_PAGE = 1_000;
/** The longest window of an idempotency key. */
const IDEMPOTENCY_MS_MAX = 30 * 86_400_000;

/** Deletes executions that ended long ago; what has not ended stays, however old it is. */
@Injectable()
export class ExecutionRetention implements Sweep {
  readonly name = 'executions';

  constructor(
    private readonly database: Database,
    retention: Retention,
  ) {
    retention.register(this, (before) => this.payloadsBefore(before));
  }

  async *sweep({ now, before }: RetentionTime): AsyncGenerator<number> {
    const where = {
      // While a key holds, its execution is what a repeat is answered from.
      idempotencyKey: Raw((column) => `(${column} IS NULL OR received_at < :keysFrom)`, {
        keysFrom: now - IDEMPOTENCY_MS_MAX,
      }),
      status: Not(In(unfinishedStatuses)),
      finishedAt: Raw((column) => `COALESCE(${column}, received_at) < :before`, { before }),
    };
    for await (const accountId of this.accounts()) {
      let after = '';
      for (let count = ROWS_PER_COMMIT; count === ROWS_PER_COMMIT;) {
        const found = await this.database.read.find(ExecutionEntity, {
          select: { id: true, accountId: true },
          where: { ...where, accountId, id: between(after, before) },
          order: { id: 'ASC' },
          take: ROWS_PER_COMMIT,
        });
        count = found.length;
        if (count === 0) break;
        after = found.at(-1)!.id;
        // Asked again where it is true: one may have begun anew since.
        const ids = found.map(({ id }) => id);
        const { affected } = await this.database.door.transaction((tx) =>
          tx.manager.delete(ExecutionEntity, { ...where, accountId, id: In(ids) }),
        );
        yield affected ?? 0;
      }
    }
  }

  private async *payloadsBefore(before: number): AsyncGenerator<string> {
    for await (const accountId of this.accounts()) {
      let after = '';
      for (let count = ROWS_PER_PAGE; count === ROWS_PER_PAGE;) {
        const found = await this.database.read.find(ExecutionEntity, {
          select: { id: true, accountId: true, payload: true },
          where: { accountId, id: between(after, before) },
          order: { id: 'ASC' },
          take: ROWS_PER_PAGE,
        });
        for (const { payload } of found) if (payload !== null) yield payload;
        count = found.length;
        after = found.at(-1)?.id ?? '';
      }
    }
  }

  /** One step of the primary key for each: DISTINCT would read all rows. */
  private async *accounts(): AsyncGenerator<string> {
    for (let accountId = ''; ;) {
      const next = await this.database.read.find(ExecutionEntity, {
        select: { accountId: true, id: true },
        where: { accountId: MoreThan(accountId) },
        order: { accountId: 'ASC' },
        take: 1,
      });
      if (next.length === 0) return;
      accountId = next[0]!.accountId;
      yield accountId;
    }
  }
}

function between(after: string, before: number) {
  return Raw((column) => `${column} > :after AND ${column} < :end`, { after, end: firstIdAt('exe', before) });
}
