/** Above it an owner is slow; what compiles a schema for the first time stays below. */
export const SLOW_AFTER_MS = 100;
/** How long one stays slow who is so again: then it may show that it has mended. */
const SLOW_MS = 30_000;
/** How long a first time is remembered. */
const REMEMBERED_MS = 600_000;
/** So many fast answers in a row excuse a first time: it was the machine that was slow, or a first compilation. */
const EXCUSED_BY = 5;
const OWNERS_MAX = 10_000;

interface Slowness {
  until: number;
  noticedAt: number;
  fastAnswers: number;
  isExcusable: boolean;
}

/** Whose evaluations take long, so that they wait in a line of their own. */
export class SlowOwners {
  readonly #byOwner = new Map<string, Slowness>();

  /** Once for each evaluation that took long. */
  note(ownerId: string, now: number): void {
    const before = this.#byOwner.get(ownerId);
    const isFirst = before === undefined || now - before.noticedAt > REMEMBERED_MS;
    if (before === undefined && this.#byOwner.size >= OWNERS_MAX) this.#byOwner.clear();
    this.#byOwner.set(ownerId, {
      until: now + SLOW_MS,
      noticedAt: now,
      fastAnswers: 0,
      isExcusable: isFirst,
    });
  }

  noteFast(ownerId: string, now: number): void {
    const slowness = this.#byOwner.get(ownerId);
    if (slowness === undefined || slowness.until <= now) return;
    slowness.fastAnswers += 1;
    if (slowness.isExcusable && slowness.fastAnswers >= EXCUSED_BY) slowness.until = now;
  }

  has(ownerId: string, now: number): boolean {
    const until = this.#byOwner.get(ownerId)?.until;
    return until !== undefined && until > now;
  }
}
