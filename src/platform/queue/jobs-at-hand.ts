import { InFlight } from '../in-flight.ts';
import type { Job } from './queue.ts';

/** Where a job at hand stands: open, done, to be tried again, or another's since. */
export type Verdict = 'open' | 'ended' | 'again' | 'lost';

/** A job that this process has taken. */
export interface AtHand {
  readonly job: Job;
  verdict: Verdict;
  /** False: it was begun outside the queue, and takes no slot. */
  readonly hasSlot: boolean;
}

/** The jobs that this process works on, also those that it may not end any more: none is here twice. */
export class JobsAtHand {
  private readonly jobs = new InFlight<AtHand>();

  get size(): number {
    return this.jobs.size;
  }

  add(job: Job, hasSlot: boolean): AtHand {
    const atHand: AtHand = { job, verdict: 'open', hasSlot };
    this.jobs.set(job.id, atHand);
    return atHand;
  }

  has(id: string): boolean {
    return this.jobs.has(id);
  }

  /** Undefined where it is not at hand, or was taken anew since. */
  find({ id, attempt, hold }: Job): AtHand | undefined {
    const atHand = this.jobs.get(id);
    const known = atHand?.job;
    const isSame =
      known?.attempt === attempt && known.hold?.holder === hold?.holder && known.hold?.claim === hold?.claim;
    return isSame ? atHand : undefined;
  }

  delete(id: string): void {
    this.jobs.delete(id);
  }

  /** All that is held, or was. */
  ids(): string[] {
    return [...this.jobs.keys()];
  }

  /** What is still worked on here and may be taken by others by now. */
  idsNotHeld(): string[] {
    return [...this.jobs.values()].filter(({ verdict }) => verdict !== 'open').map(({ job }) => job.id);
  }

  /** What the queue has given out and is not done yet. */
  openInSlots(): AtHand[] {
    return [...this.jobs.values()].filter(({ verdict, hasSlot }) => verdict === 'open' && hasSlot);
  }

  /** What was held under this name is another's. */
  lose(holder: string): void {
    for (const atHand of this.jobs.values())
      if (atHand.job.hold?.holder === holder && atHand.verdict === 'open') atHand.verdict = 'lost';
  }
}
