import { Injectable } from '@nestjs/common';
import { untilStored } from '../../platform/db/index.ts';
import { failureEnvelope } from '../../bus/index.ts';
import type { RecordedCall } from '../executions/index.ts';
import { Clock } from '../../platform/clock.ts';
import type { AppError } from '../../platform/errors.ts';
import { skippedEnvelope } from './chain-results.ts';
import type { ChainStep } from './command-chain.ts';
import { DeferRun } from './defer-run.ts';
import { RunRecord } from './run-record.ts';
import type { WebHookRun } from './webhook-run.ts';

// Two entries are no calls; no call has their hashes.
const SKIPPED = 'skipped';
const STOPPED = 'stopped';

/** Where and why a chain stopped. */
export interface ChainStop {
  step: ChainStep;
  /** Of the step, from 0. */
  index: number;
  failure: AppError;
}

/**
 * How far a chain has come: the nth of its run's recorded calls is its nth step, and behind the step at which it stopped
 * for good come its compensations. A further attempt, or a start after a crash, reads all of it off the places.
 */
@Injectable()
export class ChainJournal {
  constructor(
    private readonly record: RunRecord,
    private readonly deferral: DeferRun,
    private readonly clock: Clock,
  ) {}

  /** The next step is skipped, and stays so. */
  async skip(run: WebHookRun, step: ChainStep): Promise<RecordedCall> {
    const entry: RecordedCall = {
      ...this.blank(run, step),
      n: run.calls.length + 1,
      inputHash: SKIPPED,
      envelopeJson: JSON.stringify(skippedEnvelope),
      status: 200,
    };
    if (run.recordsCalls) await untilStored(() => this.record.keepCall(run, entry));
    return entry;
  }

  /** The chain has stopped for good: from now on the queue goes on with its compensations. @returns in which attempt. */
  async stop(run: WebHookRun, { step, index, failure }: ChainStop): Promise<number> {
    const known = run.recordedCalls[index];
    if (known && isStopped(known)) return known.attempt;
    const entry: RecordedCall = {
      ...(run.calls[index] ?? {
        ...this.blank(run, step),
        envelopeJson: JSON.stringify(failureEnvelope(failure)),
        status: failure.status,
      }),
      n: index + 1,
      attempt: run.attempt,
      inputHash: STOPPED,
      // No further attempt makes it anew.
      isSuccess: true,
    };
    if (!run.trial) {
      await untilStored(() => this.deferral.makeDurable(run));
      await untilStored(() => this.record.keepCall(run, entry));
    }
    run.calls[index] = entry;
    return entry.attempt;
  }

  private blank({ attempt }: WebHookRun, { commandName }: ChainStep) {
    const now = this.clock.now();
    return { attempt, name: commandName, isSuccess: true, startedAt: now, recordedAt: now, inputJson: '{}' };
  }
}

/** What is on record at the place that comes next; absent: nothing. */
export function nextOnRecord(run: WebHookRun): RecordedCall | undefined {
  return run.recordedCalls[run.calls.length];
}

export function isSkipped({ inputHash }: RecordedCall): boolean {
  return inputHash === SKIPPED;
}

/** True where the chain has stopped for good: what follows are compensations. */
export function isStopped({ inputHash }: RecordedCall): boolean {
  return inputHash === STOPPED;
}
