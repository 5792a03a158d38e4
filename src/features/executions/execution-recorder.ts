import { Injectable } from '@nestjs/common';
import { type HotTable, type TableRows, type Tx, WriteDoor } from '../../platform/db/index.ts';
import { Sealer } from '../../platform/sealing.ts';
import { ExecutionEntity, type ExecutionStatus } from './execution.entity.ts';
import { ExecutionPayloadEntity } from './execution-payload.entity.ts';
import { type RecordedRequest, sealRequest } from './recorded-request.ts';

/** What is known when a call has come in. */
export interface ReceivedExecution {
  id: string;
  accountId: string;
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
  input: unknown;
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
};

const payloads: HotTable = {
  name: 'execution_payloads',
  columns: ['execution_id', 'sealed_request', 'steps', 'logs', 'errors', 'answer_headers', 'answer_body'],
};

/** Writes executions; each promise is kept only when the rows are on disk. */
@Injectable()
export class ExecutionRecorder {
  constructor(
    private readonly door: WriteDoor,
    private readonly sealer: Sealer,
  ) {}

  /** The whole record of a call that has ended, in one commit with everybody else's of the moment. */
  recordWhole(received: ReceivedExecution, outcome: ExecutionOutcome): Promise<void> {
    return this.door.append(this.rows(received, outcome));
  }

  /** The same as a part of a transaction: the command's writes and its record are both there or neither. */
  async recordWholeIn(tx: Tx, received: ReceivedExecution, outcome: ExecutionOutcome): Promise<void> {
    const { request, ...rest } = received;
    await tx.manager.insert(ExecutionEntity, { ...rest, ...headOf(outcome) });
    await tx.manager.insert(ExecutionPayloadEntity, {
      executionId: received.id,
      sealedRequest: sealRequest(this.sealer, request),
      ...bodyOf(outcome),
    });
  }

  /** On record before the first effect, so that a crash leaves a trace of what had begun. */
  recordReceived(received: ReceivedExecution): Promise<void> {
    return this.door.append(this.rows(received, null));
  }

  /** Ends an execution that was recorded as received. */
  async recordOutcome(id: string, outcome: ExecutionOutcome): Promise<void> {
    await this.door.transaction((tx) => this.recordOutcomeIn(tx, id, outcome));
  }

  private async recordOutcomeIn(tx: Tx, id: string, outcome: ExecutionOutcome): Promise<void> {
    await tx.manager.update(ExecutionEntity, { id }, headOf(outcome));
    await tx.manager.update(ExecutionPayloadEntity, { executionId: id }, bodyOf(outcome));
  }

  private rows(received: ReceivedExecution, outcome: ExecutionOutcome | null): TableRows[] {
    const r = received;
    const o = outcome;
    return [
      {
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
          o?.status ?? 'received',
          o?.code ?? null,
          o?.answerStatus ?? null,
          r.receivedAt,
          o?.finishedAt ?? null,
          o?.durationMs ?? null,
        ],
      },
      {
        table: payloads,
        values: [
          r.id,
          sealRequest(this.sealer, r.request),
          o?.steps ?? null,
          o?.logs ?? null,
          o?.errors ?? null,
          o?.answerHeaders ?? null,
          o?.answerBody ?? null,
        ],
      },
    ];
  }
}

function headOf({ status, code, answerStatus, finishedAt, durationMs }: ExecutionOutcome) {
  return { status, code, answerStatus, finishedAt, durationMs };
}

function bodyOf({ steps, logs, errors, answerHeaders, answerBody }: ExecutionOutcome) {
  return { steps, logs, errors, answerHeaders, answerBody };
}
