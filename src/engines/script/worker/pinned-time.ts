/** Time and chance of a run that may be run again: in each try the same. */
import { createHmac } from 'node:crypto';
import type { PinnedStart } from '../frames-run.ts';

const RANDOM_BITS = 53;

/** Stands still but for the calls: each brings the time at which its answer was recorded. */
export class PinnedTime {
  #now: number | null;
  #seed: string;
  #drawn = 0;

  constructor({ startedAt, seed }: PinnedStart) {
    this.#now = startedAt;
    this.#seed = seed;
  }

  get now(): number {
    return this.#now ?? Date.now();
  }

  /** Takes the time from an answer. @returns the answer itself. */
  moveOn(timedAnswer: string): string {
    const end = timedAnswer.indexOf('\n');
    // Clocks may be set back; a script's time is not.
    if (this.#now !== null) this.#now = Math.max(this.#now, Number(timedAnswer.slice(0, end)));
    return timedAnswer.slice(end + 1);
  }

  random(): number {
    const bits = this.#draw().readBigUInt64BE(0) >> BigInt(64 - RANDOM_BITS);
    return Number(bits) / 2 ** RANDOM_BITS;
  }

  /** A UUID of version 4 (RFC 9562). */
  randomUUID(): string {
    const bytes = this.#draw();
    bytes[6] = (bytes[6]! & 0x0f) | 0x40;
    bytes[8] = (bytes[8]! & 0x3f) | 0x80;
    const hex = bytes.toString('hex', 0, 16);
    return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
  }

  #draw(): Buffer {
    return createHmac('sha256', this.#seed).update(String(this.#drawn++)).digest();
  }
}
