import type { ExpressionOutcome, ExpressionProgram } from './expression-program.ts';

/** One call of a program on its way through the pool; evaluating it twice harms nobody. */
export class ExpressionJob {
  /** Numbers its stay at a worker. */
  ticket = 0;
  /** It has itself been found to take long. */
  isSlow = false;
  #wasAtDeath = false;
  #isSettled = false;

  constructor(
    readonly program: ExpressionProgram,
    readonly parts: readonly Uint8Array[],
    /** Until when it may wait for its turn. */
    readonly deadlineAt: number,
    private readonly onSettled: (outcome: ExpressionOutcome) => void,
  ) {}

  settle(outcome: ExpressionOutcome): void {
    if (this.#isSettled) return;
    this.#isSettled = true;
    this.onSettled(outcome);
  }

  /** True once: for one whose worker went away for no reason of its own. */
  mayBeRetried(): boolean {
    const may = !this.#wasAtDeath;
    this.#wasAtDeath = true;
    return may;
  }
}
