/** How fast programs have been, which decides who shares a worker. */

/** A program slower than this on average has its worker to itself. */
export const SLOW_MICROS = 5000;
/** Results may wait for the end of runs of programs that are as fast on average. */
export const QUICK_MICROS = 250;
const WEIGHT = 0.25;
/** One bad second is forgotten after 19 good runs. */
const SAMPLE_MICROS_MAX = 1_000_000;
const PROGRAMS_MAX = 10_000;

/** Moving averages of the time programs occupy a worker. */
export class ScriptPace {
  readonly #averages = new Map<string, number>();

  /** How long a run of the program is likely to take; infinitely long for one not seen yet. */
  expectedMicros(programKey: string): number {
    return this.#averages.get(programKey) ?? Infinity;
  }

  /** Counts one run in; the oldest programs are forgotten first. */
  note(programKey: string, micros: number): void {
    const sample = Math.min(micros, SAMPLE_MICROS_MAX);
    const average = this.#averages.get(programKey);
    if (average === undefined && this.#averages.size >= PROGRAMS_MAX) {
      for (const oldest of this.#averages.keys()) {
        this.#averages.delete(oldest);
        break;
      }
    }
    this.#averages.set(programKey, average === undefined ? sample : average + (sample - average) * WEIGHT);
  }
}
