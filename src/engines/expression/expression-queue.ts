import type { ExpressionJob } from './expression-job.ts';

const QUEUED_MAX = 10_000;
/** Of one owner whose evaluations take long: a burst of calls whose first one was slow must fit in. */
const SLOW_QUEUED_MAX = 1_500;

/** What waits for a worker: in order of arrival, those known to be slow in a line for each owner. */
export class ExpressionQueue {
  readonly #normal: ExpressionJob[] = [];
  readonly #slow = new Map<string, ExpressionJob[]>();
  #slowSize = 0;

  get size(): number {
    return this.#normal.length + this.#slowSize;
  }

  /** False: too much is waiting. */
  add(job: ExpressionJob, isSlow: boolean): boolean {
    if (this.size >= QUEUED_MAX) return false;
    if (!isSlow) {
      this.#normal.push(job);
      return true;
    }
    const line = this.#lineOf(job);
    if (line.length >= SLOW_QUEUED_MAX) return false;
    line.push(job);
    this.#slowSize += 1;
    return true;
  }

  /** What an owner has in the common line goes to his own: it would hold up those behind it. */
  demote(ownerId: string): void {
    const his = takeFrom(this.#normal, ({ program }) => program.ownerId === ownerId);
    if (his.length === 0) return;
    this.#lineOf(his[0]!).unshift(...his);
    this.#slowSize += his.length;
  }

  /** Puts back what had already had its turn. */
  addFirst(job: ExpressionJob, isSlow: boolean): void {
    if (isSlow) {
      this.#lineOf(job).unshift(job);
      this.#slowSize += 1;
    } else this.#normal.unshift(job);
  }

  /** Offers each what waits; true: it is placed. Of the slow, owners take turns. */
  offer(place: (job: ExpressionJob) => boolean): void {
    let placed = 0;
    while (placed < this.#normal.length && place(this.#normal[placed]!)) placed += 1;
    this.#normal.splice(0, placed);
    for (const [ownerId, line] of this.#slow) {
      if (!place(line[0]!)) return;
      line.shift();
      this.#slowSize -= 1;
      this.#slow.delete(ownerId);
      // Last in the next round, which this loop comes to.
      if (line.length > 0) this.#slow.set(ownerId, line);
    }
  }

  /** Jobs that have waited too long, or all of them. */
  takeOut(isOut: (job: ExpressionJob) => boolean): ExpressionJob[] {
    const out = takeFrom(this.#normal, isOut);
    for (const [ownerId, line] of this.#slow) {
      const taken = takeFrom(line, isOut);
      this.#slowSize -= taken.length;
      out.push(...taken);
      if (line.length === 0) this.#slow.delete(ownerId);
    }
    return out;
  }

  #lineOf({ program }: ExpressionJob): ExpressionJob[] {
    let line = this.#slow.get(program.ownerId);
    if (line === undefined) this.#slow.set(program.ownerId, (line = []));
    return line;
  }
}

function takeFrom(line: ExpressionJob[], isOut: (job: ExpressionJob) => boolean): ExpressionJob[] {
  const taken = line.filter(isOut);
  if (taken.length > 0) line.splice(0, line.length, ...line.filter((job) => !isOut(job)));
  return taken;
}
