import { Injectable } from '@nestjs/common';
import { type HotTable, type Payload, type TableRow, WriteDoor } from '../../platform/db/index.ts';
import { Processes } from '../../platform/processes/index.ts';
import type { ExecutionStatus } from './execution.entity.ts';
import { ExecutionFigures } from './execution-metrics.ts';
import { executionPayload } from './execution-payload.rules.ts';
import { ExecutionChanges } from './execution-changes.ts';
import { CountedRejections } from './counted-rejections.ts';
import { type CountedConfig, type CountedEnd, statisticsRow } from './statistics-rows.ts';
import type { RecordedRequest } from './recorded-request.ts';

/** Which execution. */
export interface ExecutionRef {
  accountId: string;
  id: string;
}

/** What is known when a call has come in. */
export interface ReceivedExecution extends ExecutionRef {
  configId: number;
  key: string;
  configVersion: number;
  method: string;
  path: string;
  ip: string;
  receivedAt: number;
  /** From 1. */
  attempt: number;
  idempotencyKey: string | null;
  /** The execution that this one repeats on purpose. */
  replayOf: string | null;
  /** True where a crash does not end it: a job of the queue goes on with it. */
  isDurable: boolean;
  /** Null where it is on record already. */
  request: RecordedRequest | null;
}

/** One command that an execution ran. */
export interface ExecutionStep {
  name: string;
  /** The command, where the step has a name of its own. */
  commandName?: string;
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
  /** JSON text of the answer's headers and body as they went out, where somebody may ask for them again and they differ from what is shown. */
  exactAnswer: string | null;
  /** JSON text of the attempts that came before. */
  attempts: string | null;
}

/** An execution that goes on: why and when its next attempt is, if it has had one. */
export interface ExecutionProgress {
  status: 'received' | 'running';
  code: string | null;
  nextAttemptAt: number | null;
  attempts: string | null;
}

/** A second row of an execution completes the first; what has ended is opened again by a further attempt only. */
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
    'attempt',
    'next_attempt_at',
    'idempotency_key',
    'replay_of',
    'is_durable',
    'process_id',
  ],
  payloadColumn: 'payload',
  onConflict: `(account_id, id) DO UPDATE SET status = excluded.status, code = excluded.code,
    answer_status = excluded.answer_status, finished_at = excluded.finished_at, duration_ms = excluded.duration_ms,
    config_version = excluded.config_version, attempt = excluded.attempt,
    next_attempt_at = excluded.next_attempt_at, is_durable = excluded.is_durable, process_id = excluded.process_id,
    payload = CASE WHEN executions.payload IS NULL THEN excluded.payload
      ELSE executions.payload || ',' || excluded.payload END
    WHERE excluded.attempt > executions.attempt OR (excluded.attempt = executions.attempt
      AND (executions.finished_at IS NULL OR excluded.finished_at IS NOT NULL))`,
};

const justReceived: ExecutionProgress = {
  status: 'received',
  code: null,
  nextAttemptAt: null,
  attempts: null,
};

/** Writes executions, each end with its count; each promise is kept only when the rows are on disk. */
@Injectable()
export class ExecutionRecorder {
  /** What has ended since the start. */
  readonly figures = new ExecutionFigures();

  constructor(
    private readonly door: WriteDoor,
    private readonly rejections: CountedRejections,
    private readonly changes: ExecutionChanges,
    private readonly processes: Processes,
  ) {}

  /** A rejection beyond those that are recorded. */
  countRejection(config: CountedConfig, end: Omit<CountedEnd, 'status'>): void {
    this.rejections.count(config, end);
    this.figures.ended('rejected', end.durationMs);
  }

  /** On record before the first effect, so that a crash leaves a trace of what had begun. */
  recordReceived(received: ReceivedExecution): Promise<void> {
    return this.door.append(this.progressRows(received));
  }

  /** Rows of executions and what belongs to them, in one commit with everybody else's of the moment. */
  append(rows: readonly TableRow[]): Promise<void> {
    return this.door.append(rows);
  }

  /** The rows that end an execution, whole or completing what was recorded of it. */
  endRows(received: ReceivedExecution, outcome: ExecutionOutcome): TableRow[] {
    const { status, code, answerStatus, finishedAt, durationMs } = outcome;
    const head = { status, code, answerStatus, finishedAt, durationMs, nextAttemptAt: null };
    return [
      this.row(received, head, executionPayload(received.request, outcome)),
      statisticsRow(received, outcome),
    ];
  }

  /** The rows of an execution that goes on. */
  progressRows(received: ReceivedExecution, progress: ExecutionProgress = justReceived): TableRow[] {
    const { attempts, ...head } = progress;
    const payload = executionPayload(received.request, attempts === null ? null : { attempts });
    return [this.row(received, { ...head, answerStatus: null, finishedAt: null, durationMs: null }, payload)];
  }

  /** Whose end ends it: nobody's, once it has ended or the queue goes on with it. */
  private runnerOf({ isDurable }: ReceivedExecution, { finishedAt }: Head): string | null {
    return finishedAt === null && !isDurable ? this.processes.id : null;
  }

  /** Those who watch are told when it is on disk. */
  private row(received: ReceivedExecution, head: Head, payload: Payload): TableRow {
    return {
      table: executions,
      values: valuesOf(received, head, this.runnerOf(received, head)),
      payload,
      afterCommit: () => {
        if (head.finishedAt !== null) this.figures.ended(head.status, head.durationMs);
        if (this.changes.isWatched) this.changes.note({ ...received, ...head });
      },
    };
  }
}

interface Head {
  status: ExecutionStatus;
  code: string | null;
  answerStatus: number | null;
  finishedAt: number | null;
  durationMs: number | null;
  nextAttemptAt: number | null;
}

function valuesOf(r: ReceivedExecution, head: Head, processId: string | null): unknown[] {
  return [
    r.id,
    r.accountId,
    r.configId,
    r.configVersion,
    r.key,
    r.method,
    r.path,
    r.ip,
    head.status,
    head.code,
    head.answerStatus,
    r.receivedAt,
    head.finishedAt,
    head.durationMs,
    r.attempt,
    head.nextAttemptAt,
    r.idempotencyKey,
    r.replayOf,
    r.isDurable ? 1 : null,
    processId,
  ];
}
