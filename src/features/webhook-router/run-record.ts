import { Injectable } from '@nestjs/common';
import {
  type ExecutionProgress,
  ExecutionRecorder,
  type RecordedCall,
  RecordedCalls,
} from '../executions/index.ts';
import { Clock } from '../../platform/clock.ts';
import type { TableRow, Tx } from '../../platform/db/index.ts';
import { reach } from '../../platform/fault-points.ts';
import { type Job, type NewJob, Queue } from '../../platform/queue/index.ts';
import { takenOver } from './webhook.errors.ts';
import type { RunEnd, WebHookRun } from './webhook-run.ts';

/** What is written of a run: that it came, what its calls gave, how it goes on and how it ended. */
@Injectable()
export class RunRecord {
  constructor(
    private readonly recorder: ExecutionRecorder,
    private readonly recordedCalls: RecordedCalls,
    private readonly queue: Queue,
    private readonly clock: Clock,
  ) {}

  /** The moment at which something is put on record. */
  get now(): number {
    return this.clock.now();
  }

  /** On record before the first effect, so that a crash leaves a trace of what had begun. @throws when another process goes on with it. */
  async beforeEffects(run: WebHookRun): Promise<void> {
    if (run.job && !(await this.queue.holds(run.job))) throw takenOver();
    if (run.isOnRecord) return;
    await this.recorder.recordReceived(run.received());
    run.isOnRecord = true;
    reach('received.committed');
  }

  /** Shows that it is at work. */
  async running(run: WebHookRun): Promise<void> {
    const progress = { status: 'running', code: null, nextAttemptAt: null, attempts: null } as const;
    await this.keep(run, this.progressRows(run, progress));
  }

  /** A further attempt begins: nobody takes the execution for ended any more. */
  async openAgain(run: WebHookRun): Promise<void> {
    await this.recorder.recordReceived(run.received());
  }

  /** Stores the call together with the job that runs it, and what belongs to it. */
  async accept(run: WebHookRun, job: NewJob, rows: readonly TableRow[] = []): Promise<void> {
    await this.queue.add(job, [...this.progressRows(run), ...rows]);
  }

  /** The same as a part of a transaction. */
  async acceptIn(tx: Tx, run: WebHookRun, job: NewJob): Promise<void> {
    await tx.write(this.progressRows(run));
    await this.queue.addIn(tx, job);
    tx.afterCommit(() => reach('accepted.committed'));
  }

  /** What a call gave, before the run sees it. @throws when another process goes on with the run. */
  async keepCall(run: WebHookRun, call: RecordedCall): Promise<void> {
    await this.keep(run, [this.recordedCalls.row(run.id, call)]);
  }

  /** The same in the transaction of the command that was called, which it undoes. */
  async keepCallIn(tx: Tx, run: WebHookRun, call: RecordedCall): Promise<void> {
    if (run.job && !(await this.queue.holdsIn(tx, run.job))) throw takenOver();
    await tx.write([this.recordedCalls.row(run.id, call)]);
  }

  /** A run that goes on: its rows, and those of the calls that were not kept one by one. */
  progressRows(
    run: WebHookRun,
    progress?: ExecutionProgress,
    calls: readonly RecordedCall[] = [],
  ): TableRow[] {
    return [
      ...this.recorder.progressRows(run.received(), progress),
      ...calls.map((call) => this.recordedCalls.row(run.id, call)),
    ];
  }

  /** The rows that end a run. */
  endRows(run: WebHookRun, end: RunEnd): TableRow[] {
    const outcome = run.outcome(end);
    const rows = this.recorder.endRows(run.received(), outcome);
    // A repeat with the same key goes on from what a failed run has done, unless that was undone.
    if (run.idempotencyHash !== null && run.calls.length > 0 && end.isUndone)
      rows.push(this.recordedCalls.voidRow(run.id, run.attempt, outcome.finishedAt));
    return rows;
  }

  /** A rejection beyond those that are recorded. */
  countRejection(run: WebHookRun): void {
    const { accountId, id: configId, key } = run.admitted.route.config;
    this.recorder.countRejection({ accountId, configId, key }, run.end());
  }

  /** Ends a run as a part of its command's transaction. @throws when another process goes on with it. */
  async endIn(tx: Tx, run: WebHookRun, end: RunEnd): Promise<void> {
    if (run.job && !(await this.queue.endIn(tx, run.job))) throw takenOver();
    await tx.write(this.endRows(run, end));
  }

  /** Of a run whose end is on record already. */
  async dropJob({ job }: WebHookRun): Promise<void> {
    if (job) await this.queue.end(job, []);
  }

  /** Stores how it ended, and that there is nothing more to do. */
  store({ job }: WebHookRun, rows: readonly TableRow[]): Promise<void> {
    return job ? this.storeHeld(job, rows) : this.recorder.append(rows);
  }

  private async storeHeld(job: Job, rows: readonly TableRow[]): Promise<void> {
    if (!(await this.queue.end(job, rows))) throw takenOver();
  }

  private async keep({ job }: WebHookRun, rows: readonly TableRow[]): Promise<void> {
    if (!job) await this.recorder.append(rows);
    else if (!(await this.queue.keep(job, rows))) throw takenOver();
  }
}
