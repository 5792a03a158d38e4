/** The worker's frames on their way to the pool. */
import { sendToPool } from '../../../platform/worker-end.ts';
import { RESULTS_HELD_MAX, type Room } from '../frames.ts';

const PLACE_BYTES = 64 * 1024;
/** From this age on results are sent. */
const HELD_MS_MAX = 0.5;

/**
 * Results of quick runs leave together, when the next run is none of that kind or there is none: each write wakes the server. With 200
 * connections a call took 48 µs of CPU and not 55, calls/s + 9 %; with 50, where fewer come together, within noise (9 rounds, two cores; up to 8
 * and for 0.25 ms). Up to 16 together calls/s + 5 % (50 and 200), up to 32 and for 0.5 ms once more + 3 % (3 starts each).
 */
export class Outbox {
  readonly #place = Buffer.allocUnsafeSlow(PLACE_BYTES);
  #end = 0;
  #results = 0;
  #heldSince = 0;
  /** A result that is too large for their place. */
  #large: Buffer | undefined;

  /** Where a result is to be written at once, before `hold` or `flush`. */
  readonly room: Room = (bytes) => {
    if (this.#end + bytes > PLACE_BYTES) this.flush();
    if (bytes > PLACE_BYTES) return (this.#large = Buffer.allocUnsafe(bytes));
    const start = this.#end;
    this.#end += bytes;
    return this.#place.subarray(start, this.#end);
  };

  /** What was written may wait for what comes next. @param now of `performance.now()`. */
  hold(now: number): void {
    this.#results += 1;
    if (this.#results === 1) this.#heldSince = now;
    const isDue = this.#results === RESULTS_HELD_MAX || now - this.#heldSince > HELD_MS_MAX;
    if (isDue || this.#large !== undefined) this.flush();
  }

  /** Sends what was held. */
  flush(): void {
    const [end, large] = [this.#end, this.#large];
    this.#end = this.#results = 0;
    this.#large = undefined;
    if (end > 0) sendToPool(this.#place.subarray(0, end));
    if (large !== undefined) sendToPool(large);
  }

  /** Sends a frame of its own, behind what was held. */
  send(frame: Buffer): void {
    this.flush();
    sendToPool(frame);
  }
}
