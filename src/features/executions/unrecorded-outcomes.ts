import { Injectable } from '@nestjs/common';
import { asAppError } from '../../platform/errors.ts';
import { type ExecutionOutcome, ExecutionRecorder, type ExecutionRef } from './execution-recorder.ts';

/** What a database that is away may cost of memory; beyond it the next start marks them as interrupted. */
const KEPT_MAX = 10_000;
/** Each try waits for the database's lock by itself; this is only the pause between two tries. */
const PAUSE_MS = 50;

/** Outcomes of runs that had their effects and could not be stored: recorded as soon as the database is back, never run again. */
@Injectable()
export class UnrecordedOutcomes {
  private readonly waiting = new Map<ExecutionRef, ExecutionOutcome>();
  private isTrying = false;

  constructor(private readonly recorder: ExecutionRecorder) {}

  keep(execution: ExecutionRef, outcome: ExecutionOutcome): void {
    if (this.waiting.size >= KEPT_MAX) return;
    this.waiting.set(execution, outcome);
    if (this.isTrying) return;
    this.isTrying = true;
    void this.recordAll();
  }

  private async recordAll(): Promise<void> {
    while (this.waiting.size > 0) {
      const [execution, outcome] = this.waiting.entries().next().value!;
      try {
        await this.recorder.recordOutcome(execution, outcome);
        this.waiting.delete(execution);
      } catch (failure) {
        // Refused for what it is and not because the database is away: it would hold up all the others.
        if (asAppError(failure).kind !== 'unavailable') this.waiting.delete(execution);
        await new Promise((resolve) => setTimeout(resolve, PAUSE_MS).unref());
      }
    }
    this.isTrying = false;
  }
}
