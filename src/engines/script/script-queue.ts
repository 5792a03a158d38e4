/** Jobs that wait for a worker: in order within an owner, in turns between owners. */
import { CHECKS, type ScriptJob } from './script-job.ts';

/** Fair waiting: an owner with a thousand jobs delays another's one by one job. */
export class ScriptQueue {
  readonly #byOwner = new Map<string, ScriptJob[]>();
  #size = 0;
  #exclusives = 0;
  /** How many wait of each depth of nesting. */
  readonly #ofNesting: number[] = [];

  get size(): number {
    return this.#size;
  }

  /** How many of the waiting want a worker to themselves. */
  get exclusives(): number {
    return this.#exclusives;
  }

  /** The deepest nesting of those that wait. */
  get nestingMax(): number {
    return Math.max(
      0,
      this.#ofNesting.findLastIndex((count) => count > 0),
    );
  }

  has(ownerId: string): boolean {
    return this.#byOwner.has(ownerId);
  }

  add(job: ScriptJob): void {
    const jobs = this.#byOwner.get(job.ownerId);
    if (jobs === undefined) this.#byOwner.set(job.ownerId, [job]);
    else jobs.push(job);
    this.#count(job, 1);
  }

  /** Puts back what had already had its turn. */
  addFirst(jobs: ScriptJob[]): void {
    for (const job of jobs.toReversed()) {
      const waiting = this.#byOwner.get(job.ownerId);
      if (waiting === undefined) this.#byOwner.set(job.ownerId, [job]);
      else waiting.unshift(job);
      this.#count(job, 1);
    }
  }

  /** Offers checks first: runs wait for them. Then each owner's first job in turn until a whole round places none. */
  offer(place: (job: ScriptJob) => boolean): void {
    const checks = this.#byOwner.get(CHECKS);
    for (let check = checks?.[0]; check !== undefined && place(check); check = checks?.[0]) {
      checks!.shift();
      this.#count(check, -1);
    }
    if (checks?.length === 0) this.#byOwner.delete(CHECKS);
    else if (checks !== undefined) return;
    let isAnyPlaced = this.#size > 0;
    while (isAnyPlaced) {
      isAnyPlaced = false;
      for (const [ownerId, jobs] of this.#byOwner) {
        const job = jobs[0]!;
        if (!place(job)) continue;
        isAnyPlaced = true;
        jobs.shift();
        this.#count(job, -1);
        if (jobs.length > 0 && this.#byOwner.size === 1) break;
        this.#byOwner.delete(ownerId);
        // Last in the next round.
        if (jobs.length > 0) this.#byOwner.set(ownerId, jobs);
        break;
      }
    }
  }

  /** Takes out all that `isOver` says. */
  takeOut(isOver: (job: ScriptJob) => boolean): ScriptJob[] {
    const taken: ScriptJob[] = [];
    for (const [ownerId, jobs] of this.#byOwner) {
      const left = jobs.filter((job) => !isOver(job));
      if (left.length === jobs.length) continue;
      for (const job of jobs) if (isOver(job)) taken.push(job);
      if (left.length === 0) this.#byOwner.delete(ownerId);
      else this.#byOwner.set(ownerId, left);
    }
    for (const job of taken) this.#count(job, -1);
    return taken;
  }

  #count(job: ScriptJob, by: number): void {
    this.#size += by;
    this.#ofNesting[job.nesting] = (this.#ofNesting[job.nesting] ?? 0) + by;
    if (job.isExclusive) this.#exclusives += by;
  }
}
