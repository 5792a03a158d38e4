import { Injectable } from '@nestjs/common';
import { type HotTable, type TableRow, type Tx, WriteDoor } from '../../platform/db/index.ts';
import { ExecutionEntity, type ExecutionStatus } from './execution.entity.ts';
import { executionPayload } from './execution-payload.rules.ts';
import type { RecordedRequest } from './recorded-request.ts';

/** Which execution. */
export interface ExecutionRef {
  accountId: string;
  id: string;
}

/** What is known when a call has come in. */
export interface ReceivedExecution extends ExecutionRef {
  configId: number;
  configVersion: number;
  key: string;
  method: string;
  path: string;
  ip: string;
  receivedAt: number;
  request: RecordedRequest;
}

/** One command that an execution ran. */
export interface ExecutionStep {
  name: string;
  input?: unknown;
  /** Instead of the input: the fields that were taken from the request's JSON body, which is on record anyway. */
  inputFields?: readonly string[];
  output: unknown;
  /** Milliseconds since 1970. */
  startedAtMs: number;
  durationMs: number;
}

/** What is known when it has ended. Texts are stored as given: credentials are out of them. */
export interface ExecutionOutcome {
  status: ExecutionStatus;
  code: string | null;
  answerStatus: number;
  finishedAt: number;
  durationMs: number;
  steps: string | null;
  logs: string | null;
  errors: string | null;
  answerHeaders: string | null;
  answerBody: string;
}

const executions: HotTable = {
  name: 'executions',
  columns: [
    'id',
    'account_id',
    'config_id',
    'config_version',
    'config_key',
    'method',
    'path',
    'ip',
    'status',
    'code',
    'answer_status',
    'received_at',
    'finished_at',
    'duration_ms',
  ],
  payloadColumn: 'payload',
};

/** Writes executions; each promise is kept only when the rows are on disk. */
@Injectable()
export class ExecutionRecorder {
  constructor(private readonly door: WriteDoor) {}

  /** The whole record of a call that has ended, in one commit with everybody else's of the moment. */
  recordWhole(received: ReceivedExecution, outcome: ExecutionOutcome): Promise<void> {
    return this.door.append([row(received, outcome)]);
  }

  /** The same as a part of a transaction: the command's writes and its record are both there or neither. */
  async recordWholeIn(tx: Tx, received: ReceivedExecution, outcome: ExecutionOutcome): Promise<void> {
    const { request, ...rest } = received;
    const payload = await tx.keepPayload(executionPayload(request, outcome));
    await tx.manager.insert(ExecutionEntity, { ...rest, ...headOf(outcome), payload });
  }

  /** On record before the first effect, so that a crash leaves a trace of what had begun. */
  recordReceived(received: ReceivedExecution): Promise<void> {
    return this.door.append([row(received, null)]);
  }

  /** Ends an execution that was recorded as received. */
  async recordOutcome(execution: ExecutionRef, outcome: ExecutionOutcome): Promise<void> {
    await this.door.transaction((tx) => this.recordOutcomeIn(tx, execution, outcome));
  }

  private async recordOutcomeIn(
    tx: Tx,
    { accountId, id }: ExecutionRef,
    outcome: ExecutionOutcome,
  ): Promise<void> {
    const place = await tx.keepPayload(executionPayload(null, outcome));
    await tx.manager
      .createQueryBuilder()
      .update(ExecutionEntity)
      .set({ ...headOf(outcome), payload: () => "payload || ',' || :place" })
      .where({ accountId, id })
      .setParameter('place', place)
      .execute();
  }
}

function row(received: ReceivedExecution, outcome: ExecutionOutcome | null): TableRow {
  const r = received;
  return {
    table: executions,
    values: [
      r.id,
      r.accountId,
      r.configId,
      r.configVersion,
      r.key,
      r.method,
      r.path,
      r.ip,
      outcome?.status ?? 'received',
      outcome?.code ?? null,
      outcome?.answerStatus ?? null,
      r.receivedAt,
      outcome?.finishedAt ?? null,
      outcome?.durationMs ?? null,
    ],
    payload: executionPayload(r.request, outcome),
  };
}

function headOf({ status, code, answerStatus, finishedAt, durationMs }: ExecutionOutcome) {
  return { status, code, answerStatus, finishedAt, durationMs };
}
