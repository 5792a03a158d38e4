import { Injectable } from '@nestjs/common';
import { InFlight } from '../../platform/in-flight.ts';
import type { WebHookRun } from './webhook-run.ts';

const AT_HAND_MAX = 500;
const AT_HAND_BYTES_MAX = 16 * 1_048_576;
/** What nobody has taken for so long another process has taken, or it waits anyway. */
const AT_HAND_MS = 30_000;

/** Accepted runs that stay in memory until their job begins; what finds no room is read back. */
@Injectable()
export class AcceptedRuns {
  /** The oldest first. */
  private readonly atHand = new InFlight<WebHookRun>();
  private bytes = 0;
  private isTaken = false;

  /** From now on somebody takes them; before, none is kept. */
  open(): void {
    this.isTaken = true;
  }

  keep(run: WebHookRun): void {
    if (!this.isTaken) return;
    this.dropOld();
    if (this.atHand.size >= AT_HAND_MAX || this.bytes + run.body.length > AT_HAND_BYTES_MAX) return;
    this.atHand.set(run.id, run);
    this.bytes += run.body.length;
  }

  /** The run as it was accepted, once; null: it has to be read back. */
  take(executionId: string): WebHookRun | null {
    const run = this.atHand.get(executionId);
    if (!run) return null;
    this.atHand.delete(executionId);
    this.bytes -= run.body.length;
    return run;
  }

  private dropOld(): void {
    for (const [id, { admitted }] of this.atHand) {
      if (performance.now() - admitted.startedAt < AT_HAND_MS) return;
      this.take(id);
    }
  }
}
