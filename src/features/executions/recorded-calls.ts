import { Injectable } from '@nestjs/common';
import { Database, type HotTable, type TableRow } from '../../platform/db/index.ts';

/** What one call of a command gave, on record so that the run can go on from there after a crash or a failure. */
export interface RecordedCall {
  /** From 1, in the order in which the run made them. */
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
    'run_key',
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
  onConflict: `(run_key, n) DO UPDATE SET attempt = excluded.attempt, name = excluded.name,
    input_hash = excluded.input_hash, is_success = excluded.is_success, status = excluded.status, started_at = excluded.started_at,
    recorded_at = excluded.recorded_at, payload = excluded.payload`,
};
const callsOfRun: HotTable = { name: 'execution_calls', columns: ['run_key'], removes: true };

/** The recorded calls of runs; `runKey` names the run (its execution, or its configuration and idempotency key). */
@Injectable()
export class RecordedCalls {
  constructor(private readonly database: Database) {}

  async keep(runKey: string, call: RecordedCall): Promise<void> {
    await this.database.door.append([this.row(runKey, call)]);
  }

  row(runKey: string, call: RecordedCall): TableRow {
    const { n, attempt, name, inputHash, isSuccess, status, startedAt, recordedAt } = call;
    return {
      table: calls,
      values: [runKey, n, attempt, name, inputHash, isSuccess ? 1 : 0, status, startedAt, recordedAt],
      payload: [call.inputJson, call.envelopeJson],
    };
  }

  /** Removes those of a run that will not be run again. */
  removal(runKey: string): TableRow {
    return { table: callsOfRun, values: [runKey] };
  }

  /** What an attempt may take for done, in order: after a crash all of its own, of the attempts before up to their first failure. */
  async of(runKey: string, attempt: number): Promise<RecordedCall[]> {
    const usable: RecordedCall[] = [];
    let before: Place = { n: 0, attempt: 0, isSuccess: true };
    for (const call of await this.all(runKey)) {
      if (!isUsable(call, before, attempt)) break;
      usable.push(call);
      before = call;
    }
    return usable;
  }

  private async all(runKey: string): Promise<RecordedCall[]> {
    const rows = await this.database.read.query<(Omit<RecordedCall, 'inputJson'> & { payload: string })[]>(
      `SELECT n, attempt, name, input_hash AS "inputHash", is_success AS "isSuccess", status, started_at AS "startedAt",
        recorded_at AS "recordedAt", payload FROM execution_calls WHERE run_key = ? ORDER BY n`,
      [runKey],
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

type Place = Pick<RecordedCall, 'n' | 'attempt' | 'isSuccess'>;

/** An older attempt's call is good while all before it were good and none was made anew since. */
function isUsable(call: Place, before: Place, attempt: number): boolean {
  if (call.n !== before.n + 1 || call.attempt < before.attempt) return false;
  return call.attempt === attempt || Boolean(call.isSuccess);
}
