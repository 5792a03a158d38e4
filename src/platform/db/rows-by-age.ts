import { MoreThan, Raw } from 'typeorm';
import { firstIdAt, type IdPrefix } from '../ids.ts';
import type { Database } from './database.ts';
import type { Tx } from './door-entries.ts';

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
   * Deletes those made before a moment; where the database keeps them by days, whole days of them.
   * @param over SQL about their columns, true for those that may go; never null.
   * @param alongside deletes what belongs to those that are gone by then, in the same commit; not where a day goes as a whole.
   * @yields after each commit how many it deleted.
   */
  async *deleteBefore(
    before: number,
    over = '1 = 1',
    alongside?: (tx: Tx, accountId: string, ids: readonly string[]) => Promise<void>,
  ): AsyncGenerator<number> {
    const { days, door, read } = this.database;
    const table = read.connection.getMetadata(this.entity).tableName;
    const end = days.wholeDaysBefore(table, before);
    const staying = () => ({ sql: `NOT (${over})`, values: [] });
    yield* days.deleteDays({ table, before: end, staying });
    for await (const found of this.pages(end, ROWS_PER_COMMIT, over)) {
      const { accountId } = found[0]!;
      // Asked again where it is true: one may have begun anew since.
      const ids = found.map(({ id }) => id);
      yield await door.transaction(async (tx) => {
        const wanted = { accountId, id: Raw((id) => `${id} IN (:...ids) AND (${over})`, { ids }) };
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
  private async *pages(before: number, size: number, over = '1 = 1'): AsyncGenerator<AgedRow[]> {
    const end = firstIdAt(this.prefix, before);
    for await (const accountId of this.accounts()) {
      let after = '';
      for (let count = size; count === size;) {
        const found = await this.database.read.find(this.entity, {
          select: { id: true, accountId: true, payload: true },
          where: {
            accountId,
            id: Raw((id) => `${id} > :after AND ${id} < :end AND (${over})`, { after, end }),
          },
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
