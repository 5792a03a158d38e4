import { type FindOptionsWhere, In, MoreThan, Raw } from 'typeorm';
import { firstIdAt, type IdPrefix } from '../ids.ts';
import type { Database } from './database.ts';
import type { Tx } from './write-door.ts';

/** Small rows in the order of their ids: 2 ms a commit. */
const ROWS_PER_COMMIT = 300;
const ROWS_PER_PAGE = 1_000;

/** What such a table has at least. */
interface AgedRow {
  accountId: string;
  /** Begins with its time. */
  id: string;
  payload: string | null;
}

/** The rows of a table with the primary key (account_id, id) by their age: ids begin with their time, so that no index is needed. */
export class RowsByAge<Row extends AgedRow> {
  private readonly entity: new () => AgedRow;

  constructor(
    private readonly database: Database,
    entity: new () => Row,
    private readonly prefix: IdPrefix,
  ) {
    this.entity = entity;
  }

  /**
   * Deletes those made before a moment that are as `where` says. @yields after each commit how many it deleted.
   * @param alongside deletes what belongs to those that are gone by then, in the same commit.
   */
  async *deleteBefore(
    before: number,
    where: FindOptionsWhere<Row> = {},
    alongside?: (tx: Tx, accountId: string, ids: readonly string[]) => Promise<void>,
  ): AsyncGenerator<number> {
    for await (const found of this.pages(before, ROWS_PER_COMMIT, where)) {
      const { accountId } = found[0]!;
      // Asked again where it is true: one may have begun anew since.
      const ids = found.map(({ id }) => id);
      yield await this.database.door.transaction(async (tx) => {
        const wanted = { ...where, accountId, id: In(ids) };
        const { affected } = await tx.manager.delete(this.entity, wanted);
        await alongside?.(tx, accountId, ids);
        return affected ?? 0;
      });
    }
  }

  /** The payload columns of those made before a moment. */
  async *payloadsBefore(before: number): AsyncGenerator<string> {
    for await (const found of this.pages(before, ROWS_PER_PAGE))
      for (const { payload } of found) if (payload !== null) yield payload;
  }

  /** Parts of one account each, never empty. */
  private async *pages(
    before: number,
    size: number,
    where: FindOptionsWhere<Row> = {},
  ): AsyncGenerator<AgedRow[]> {
    const end = firstIdAt(this.prefix, before);
    for await (const accountId of this.accounts()) {
      let after = '';
      for (let count = size; count === size;) {
        const found = await this.database.read.find(this.entity, {
          select: { id: true, accountId: true, payload: true },
          where: { ...where, accountId, id: Raw((id) => `${id} > :after AND ${id} < :end`, { after, end }) },
          order: { id: 'ASC' },
          take: size,
        });
        count = found.length;
        if (count === 0) break;
        after = found.at(-1)!.id;
        yield found;
      }
    }
  }

  /** One step of the primary key for each: DISTINCT would read all rows. */
  private async *accounts(): AsyncGenerator<string> {
    for (let accountId = ''; ;) {
      const next = await this.database.read.find(this.entity, {
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
