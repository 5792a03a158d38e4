/** Counts what has begun and not ended, for whoever waits for the last of it. */
export class Unsettled {
  #count = 0;
  #onNone: (() => void) | undefined;

  get count(): number {
    return this.#count;
  }

  begun(): void {
    this.#count += 1;
  }

  ended(): void {
    this.#count -= 1;
    if (this.#count === 0) this.#onNone?.();
  }

  /** Waits until all has ended, for so long at most. */
  async none(msMax: number): Promise<void> {
    if (this.#count === 0 || msMax <= 0) return;
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      this.#onNone = resolve;
      timer = setTimeout(resolve, msMax);
    });
    clearTimeout(timer);
  }
}
