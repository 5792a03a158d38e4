import { Injectable } from '@nestjs/common';
import { Database, type HotTable, rawQuery, type TableRow, type Tx } from '../../platform/db/index.ts';
import { firstIdAt } from '../../platform/ids.ts';

/** What one call of a command gave, on record so that the run can go on from there after a crash or a failure. */
export interface RecordedCall {
  /** Within which of the run's calls it was made; absent: the run made it itself. */
  place?: string;
  /** From 1, in the order in which they were made at their place. */
  n: number;
  attempt: number;
  name: string;
  inputHash: string;
  /** False: a further attempt makes it anew. */
  isSuccess: boolean;
  /** As the command endpoint would have answered. */
  status: number;
  /** Milliseconds since 1970. */
  startedAt: number;
  recordedAt: number;
  /** JSON texts. */
  inputJson: string;
  envelopeJson: string;
}

const calls: HotTable = {
  name: 'execution_calls',
  columns: [
    'execution_id',
    'place',
    'n',
    'attempt',
    'name',
    'input_hash',
    'is_success',
    'status',
    'started_at',
    'recorded_at',
  ],
  payloadColumn: 'payload',
  // A payload that is replaced stays known, so that it can be erased.
  onConflict: `(execution_id, place, n, attempt) DO UPDATE SET name = excluded.name, input_hash = excluded.input_hash,
    is_success = excluded.is_success, status = excluded.status, started_at = excluded.started_at,
    recorded_at = excluded.recorded_at, payload = COALESCE(execution_calls.payload || ',', '') || excluded.payload`,
};

const ROWS_PER_PAGE = 1_000;
/** Stands before the first call of an attempt: what was recorded up to that attempt is of no use to a further one. */
const VOID = 0;

/** The recorded calls of executions, those of each attempt; they go when their execution goes. */
@Injectable()
export class RecordedCalls {
  constructor(private readonly database: Database) {}

  row(executionId: string, call: RecordedCall): TableRow {
    const { place = '', n, attempt, name, inputHash, isSuccess, status, startedAt, recordedAt } = call;
    return {
      table: calls,
      values: [
        executionId,
        place,
        n,
        attempt,
        name,
        inputHash,
        isSuccess ? 1 : 0,
        status,
        startedAt,
        recordedAt,
      ],
      payload: [call.inputJson, call.envelopeJson],
    };
  }

  /** From now on a further attempt begins from the beginning. */
  voidRow(executionId: string, attempt: number, now: number): TableRow {
    return {
      table: calls,
      values: [executionId, '', VOID, attempt, '', '', 1, 0, now, now],
      payload: ['', ''],
    };
  }

  /** Where what those executions' calls were given and gave lies. */
  async payloadsOf(executionIds: readonly string[], from = this.database.read) {
    if (executionIds.length === 0) return [];
    const rows: { executionId: string; payload: string }[] = await rawQuery(
      from,
      `SELECT execution_id AS "executionId", payload FROM execution_calls WHERE execution_id IN (${marks(executionIds)})`,
      [...executionIds],
    );
    return rows;
  }

  /** Erases it. */
  async erase(tx: Tx, executionIds: readonly string[]): Promise<void> {
    const rows = await this.payloadsOf(executionIds, tx.manager);
    if (rows.length === 0) return;
    await this.database.erasePayloads(
      tx,
      rows.map(({ payload }) => payload),
    );
    await rawQuery(
      tx.manager,
      `DELETE FROM execution_calls WHERE execution_id IN (${marks(executionIds)})`,
      executionIds,
    );
  }

  /** Deletes those of executions that are gone. */
  async deleteOrphans(tx: Tx, accountId: string, executionIds: readonly string[]): Promise<void> {
    await rawQuery(
      tx.manager,
      `DELETE FROM execution_calls WHERE execution_id IN (${marks(executionIds)})
        AND NOT EXISTS (SELECT 1 FROM executions WHERE executions.account_id = ? AND executions.id = execution_id)`,
      [...executionIds, accountId],
    );
  }

  /** The same, of days whose executions are gone as a whole. @yields after each day how many it deleted. */
  async *deleteOrphanDays(before: number): AsyncGenerator<number> {
    const { days } = this.database;
    const table = calls.name;
    yield* days.deleteDays({
      table,
      before: days.wholeDaysBefore(table, before),
      staying: (from, to) => ({
        sql: 'execution_id IN (SELECT id FROM executions WHERE id >= ? AND id < ?)',
        values: [from, to],
      }),
      isThorough: true,
    });
  }

  /** The payload columns of those whose executions were made before a moment. */
  async *payloadsBefore(before: number): AsyncGenerator<string> {
    const end = firstIdAt('exe', before);
    let last: [string, string, number, number] = ['', '', 0, 0];
    for (let count = ROWS_PER_PAGE; count === ROWS_PER_PAGE;) {
      const found = await rawQuery<
        { executionId: string; place: string; n: number; attempt: number; payload: string }[]
      >(
        this.database.read,
        `SELECT execution_id AS "executionId", place, n, attempt, payload FROM execution_calls
          WHERE execution_id < ? AND (execution_id, place, n, attempt) > (?, ?, ?, ?)
          ORDER BY execution_id, place, n, attempt LIMIT ?`,
        [end, ...last, ROWS_PER_PAGE],
      );
      for (const { payload } of found) yield payload;
      count = found.length;
      const row = found.at(-1);
      if (row) last = [row.executionId, row.place, row.n, row.attempt];
    }
  }

  /** What an attempt may take for done, in order: after a crash all of its own, of the attempts before up to their first failure. */
  async of(executionId: string, attempt: number): Promise<CallsOnRecord> {
    const all = await this.all(executionId);
    const own = all.filter(({ place }) => place === '');
    const voided = own.findLast(({ n }) => n === VOID)?.attempt ?? 0;
    const places = Map.groupBy(all, ({ place = '' }) => place);
    const usable = [...places].map(([place, calls]) => [place, usableOf(calls, voided, attempt)] as const);
    const { '': calls = [], ...within } = Object.fromEntries(usable);
    return { calls, within: new Map(Object.entries(within)) };
  }

  /** In order, of each place the oldest attempt's first. */
  private async all(executionId: string): Promise<RecordedCall[]> {
    const rows = await rawQuery<(Omit<RecordedCall, 'inputJson'> & { payload: string })[]>(
      this.database.read,
      `SELECT place, n, attempt, name, input_hash AS "inputHash", is_success AS "isSuccess", status, started_at AS "startedAt",
        recorded_at AS "recordedAt", payload FROM execution_calls WHERE execution_id = ? ORDER BY n, attempt`,
      [executionId],
    );
    return await Promise.all(
      rows.map(async ({ payload, ...row }) => {
        const [input, envelope] = await this.database.payload(payload);
        return {
          ...row,
          isSuccess: Boolean(row.isSuccess),
          inputJson: input?.toString('utf8') ?? '{}',
          envelopeJson: envelope?.toString('utf8') ?? '',
        };
      }),
    );
  }
}

/** What an execution's earlier tries left. */
export interface CallsOnRecord {
  calls: readonly RecordedCall[];
  /** Those that were made within calls, by their place. */
  within: ReadonlyMap<string, readonly RecordedCall[]>;
}

function marks(values: readonly unknown[]): string {
  return values.map(() => '?').join(',');
}

/** Those that an attempt may take for done, of the calls at one place. */
function usableOf(recorded: readonly RecordedCall[], voided: number, attempt: number): RecordedCall[] {
  const usable: RecordedCall[] = [];
  let before: Step = { n: 0, attempt: 0, isSuccess: true };
  for (const call of newest(recorded, voided)) {
    if (!isUsable(call, before, attempt)) break;
    usable.push(call);
    before = call;
  }
  return usable;
}

/** Of each number the newest attempt's, of those that count. */
function newest(recorded: readonly RecordedCall[], voided: number): Iterable<RecordedCall> {
  const byNumber = new Map<number, RecordedCall>();
  for (const call of recorded) if (call.n !== VOID && call.attempt > voided) byNumber.set(call.n, call);
  return byNumber.values();
}

type Step = Pick<RecordedCall, 'n' | 'attempt' | 'isSuccess'>;

/** An older attempt's call is good while all before it were good and none was made anew since. */
function isUsable(call: Step, before: Step, attempt: number): boolean {
  if (call.n !== before.n + 1 || call.attempt < before.attempt) return false;
  return call.attempt === attempt || Boolean(call.isSuccess);
}
