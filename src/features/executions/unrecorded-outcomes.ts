import { Injectable } from '@nestjs/common';
import { asAppError } from '../../platform/errors.ts';

/** What a database that is away may cost of memory; beyond it the next start marks them as interrupted. */
const KEPT_MAX = 10_000;
/** Each try waits for the database's lock by itself; this is only the pause between two tries. */
const PAUSE_MS = 50;

/** Stores the outcome of one run. */
export type StoreOutcome = () => Promise<unknown>;

/** Outcomes of runs that had their effects and could not be stored: recorded as soon as the database is back, never run again. */
@Injectable()
export class UnrecordedOutcomes {
  private readonly waiting = new Map<string, { store: StoreOutcome; onRefused: (cause: unknown) => void }>();
  private isTrying = false;

  /** @param onRefused told when the database refuses the outcome for what it is: it will not be stored. */
  keep(executionId: string, store: StoreOutcome, onRefused: (cause: unknown) => void): void {
    if (this.waiting.size >= KEPT_MAX) {
      onRefused(new Error('Too many outcomes wait for the database'));
      return;
    }
    this.waiting.set(executionId, { store, onRefused });
    if (this.isTrying) return;
    this.isTrying = true;
    void this.recordAll();
  }

  private async recordAll(): Promise<void> {
    while (this.waiting.size > 0) {
      const [executionId, { store, onRefused }] = this.waiting.entries().next().value!;
      try {
        await store();
        this.waiting.delete(executionId);
      } catch (cause) {
        // Refused for what it is and not because the database is away: it would hold up all the others.
        if (asAppError(cause).code !== 'database.unavailable') {
          this.waiting.delete(executionId);
          onRefused(cause);
        }
        await new Promise((resolve) => setTimeout(resolve, PAUSE_MS).unref());
      }
    }
    this.isTrying = false;
  }
}
