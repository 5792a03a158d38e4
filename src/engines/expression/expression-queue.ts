import type { ExpressionJob } from './expression-job.ts';

const QUEUED_MAX = 10_000;
/** Of one owner whose evaluations take long; each of them may cost a worker. */
const SLOW_QUEUED_MAX = 50;

/** What waits for a worker: in order of arrival, those known to be slow in a line of their own. */
export class ExpressionQueue {
  readonly normal: ExpressionJob[] = [];
  readonly slow: ExpressionJob[] = [];
  #lastSlowOwner: string | undefined;

  get size(): number {
    return this.normal.length + this.slow.length;
  }

  /** False: too much is waiting. */
  add(job: ExpressionJob, isSlow: boolean): boolean {
    if (this.size >= QUEUED_MAX) return false;
    if (!isSlow) {
      this.normal.push(job);
      return true;
    }
    const { ownerId } = job.program;
    const waiting = this.slow.filter(({ program }) => program.ownerId === ownerId).length;
    if (waiting >= SLOW_QUEUED_MAX) return false;
    this.slow.push(job);
    return true;
  }

  /** Offers each what waits; true: it is placed. Of the slow, no owner comes twice in a row while another waits. */
  offer(place: (job: ExpressionJob) => boolean): void {
    let placed = 0;
    while (placed < this.normal.length && place(this.normal[placed]!)) placed += 1;
    this.normal.splice(0, placed);
    while (this.slow.length > 0) {
      const other = this.slow.findIndex(({ program }) => program.ownerId !== this.#lastSlowOwner);
      const at = Math.max(0, other);
      if (!place(this.slow[at]!)) return;
      this.#lastSlowOwner = this.slow.splice(at, 1)[0]!.program.ownerId;
    }
  }

  /** Jobs that have waited too long, or all of them. */
  takeOut(isOut: (job: ExpressionJob) => boolean): ExpressionJob[] {
    const out: ExpressionJob[] = [];
    for (const line of [this.normal, this.slow]) {
      const kept = line.filter((job) => !isOut(job));
      if (kept.length === line.length) continue;
      out.push(...line.filter(isOut));
      line.splice(0, line.length, ...kept);
    }
    return out;
  }
}
