/** Charges work with the time that it had the processor: limits are for what runs long, not for a machine that is busy. */
import type { ProcessStat } from './process-stat.ts';

/** However busy the machine, nothing takes longer than this many times its limit. */
const BUSY_FACTOR = 10;

/**
 * The time of what a worker process is at. Of a main thread that was kept from its loop for 300 ms, the first look then found
 * answers still unread: of 10,000 calls two or three were stopped at an age of 286 to 394 ms, of which their worker had run
 * one, and those behind them waited in vain for a new worker.
 */
export class WorkMeter {
  readonly #stat: ProcessStat;
  #first: { wallMs: number; ranMs: number } | undefined;

  constructor(stat: ProcessStat) {
    this.#stat = stat;
  }

  /** Other work begins. */
  reset(): void {
    this.#first = undefined;
  }

  /** It begins now: all that its process runs from here on is charged, and not only what it runs after the first look. */
  resetNow(): void {
    this.#first = { wallMs: 0, ranMs: this.#stat.ranMs() };
  }

  /**
   * Milliseconds that the work is charged with, which was begun `wallMs` ago: those that its process has run since the first
   * look. What was before that nobody knows; it may be the server that was kept from looking.
   */
  chargedMs(wallMs: number): number {
    const ranMs = this.#stat.ranMs();
    this.#first ??= { wallMs, ranMs };
    const seenMs = wallMs - this.#first.wallMs;
    // Where nobody tells how long a process has run, all time is taken to be its own.
    if (ranMs === 0) return seenMs;
    return Math.max(Math.min(seenMs, ranMs - this.#first.ranMs), seenMs / BUSY_FACTOR);
  }
}
