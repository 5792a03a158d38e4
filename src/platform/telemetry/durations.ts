/** Counts durations by bounds: an addition and a few comparisons for each, so that a hot path can afford it. */
export class Durations {
  /** How many took at most the bound at the same place and longer than the one before; last those beyond all bounds. */
  readonly counts: number[];
  sumMs = 0;

  constructor(readonly boundsMs: readonly number[]) {
    this.counts = Array.from({ length: boundsMs.length + 1 }, () => 0);
  }

  note(ms: number): void {
    const { boundsMs, counts } = this;
    let at = 0;
    while (at < boundsMs.length && ms > boundsMs[at]!) at++;
    counts[at]!++;
    this.sumMs += ms;
  }
}
