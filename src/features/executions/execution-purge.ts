import { Injectable } from '@nestjs/common';
import { In, IsNull, Not } from 'typeorm';
import { Database, packsOf, type Tx } from '../../platform/db/index.ts';
import { ExecutionEntity, unfinishedStatuses } from './execution.entity.ts';
import { ExecutionFinder, type WantedPage } from './execution-finder.ts';
import { RecordedCalls } from './recorded-calls.ts';

const ROWS_PER_COMMIT = 200;
/** Each pack is opened and sealed anew, 0.3 ms: bounds how long calls wait for the door. */
const PACKS_PER_COMMIT = 30;

type Wanted = Pick<WantedPage, 'accountId' | 'filter'>;

/** Erases the payloads of executions, a commit for each batch. */
@Injectable()
export class ExecutionPurge {
  constructor(
    private readonly database: Database,
    private readonly finder: ExecutionFinder,
    private readonly recordedCalls: RecordedCalls,
  ) {}

  /** All that have ended and still have a payload, in parts that are erased in one commit. */
  async *batches(wanted: Wanted): AsyncGenerator<ExecutionEntity[]> {
    let cursor: string | undefined;
    do {
      const page = await this.finder.page({ ...wanted, cursor, size: ROWS_PER_COMMIT, isPurgeable: true });
      const calls = await this.recordedCalls.payloadsOf(page.rows.map(({ id }) => id));
      yield* ofFewPacks(
        page.rows,
        Map.groupBy(calls, ({ executionId }) => executionId),
      );
      cursor = page.nextCursor ?? undefined;
    } while (cursor !== undefined);
  }

  /** @param alongside written in the same commit. @returns how many of them it erased: one may have begun anew since. */
  erase(batch: readonly ExecutionEntity[], alongside: (tx: Tx) => Promise<void>): Promise<number> {
    return this.database.door.transaction(async (tx) => {
      const { accountId } = batch[0]!;
      const rows = await tx.manager.findBy(ExecutionEntity, {
        accountId,
        id: In(batch.map(({ id }) => id)),
        status: Not(In(unfinishedStatuses)),
        payload: Not(IsNull()),
      });
      await this.database.erasePayloads(
        tx,
        rows.map(({ payload }) => payload!),
      );
      const ids = rows.map(({ id }) => id);
      await this.recordedCalls.erase(tx, ids);
      const erased = { accountId, id: In(ids) };
      await tx.manager.update(ExecutionEntity, erased, { payload: null });
      await alongside(tx);
      return rows.length;
    });
  }

  unfinished(wanted: Wanted): Promise<number> {
    return this.finder.unfinished(wanted);
  }

  /** What was erased lies in the log until that is emptied; where a reader holds on to it, a later fold does it. */
  async forgetTraces(): Promise<void> {
    await this.database.emptyLog();
  }
}

/** Neighbours share packs, so that nearly always all of them are one part. */
function* ofFewPacks(
  rows: readonly ExecutionEntity[],
  calls: ReadonlyMap<string, readonly { payload: string }[]>,
): Generator<ExecutionEntity[]> {
  let batch: ExecutionEntity[] = [];
  let packs = new Set<string>();
  for (const row of rows) {
    batch.push(row);
    for (const { payload } of [row, ...(calls.get(row.id) ?? [])])
      for (const pack of packsOf(payload!)) packs.add(pack);
    if (packs.size < PACKS_PER_COMMIT) continue;
    yield batch;
    batch = [];
    packs = new Set();
  }
  if (batch.length > 0) yield batch;
}
