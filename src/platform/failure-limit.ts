import { createHash } from 'node:crypto';

const WINDOW_MS = 60_000;
/** Bounds the memory that guessing can take: about 100 bytes an entry. */
const ENTRIES_MAX = 50_000;
/** Of a name that is kept as it is. */
const NAME_LENGTH_MAX = 100;

/** Counts failures by name and address over a sliding minute, in memory. */
export class FailureLimit {
  private readonly failures = new Map<string, number[]>();

  /** @param failuresMax that one name and address have in a minute before they must wait. */
  constructor(private readonly failuresMax: number) {}

  /** Seconds to wait, or 0 when another try is allowed. */
  secondsToWait(name: string, address: string, nowMs: number): number {
    const recent = this.recent(keyOf(name, address), nowMs);
    if (recent.length < this.failuresMax) return 0;
    return Math.max(1, Math.ceil((recent[0]! + WINDOW_MS - nowMs) / 1000));
  }

  note(name: string, address: string, nowMs: number): void {
    const key = keyOf(name, address);
    const recent = [...this.recent(key, nowMs), nowMs].slice(-this.failuresMax);
    // Deleting first moves the entry to the young end, so that the first key is the oldest.
    this.failures.delete(key);
    this.failures.set(key, recent);
    if (this.failures.size > ENTRIES_MAX) this.failures.delete(this.failures.keys().next().value!);
  }

  /** One that was noted turned out to be right. */
  takeBack(name: string, address: string, notedAtMs: number): void {
    const key = keyOf(name, address);
    const times = this.failures.get(key) ?? [];
    const at = times.lastIndexOf(notedAtMs);
    if (at === -1) return;
    if (times.length === 1) this.failures.delete(key);
    else this.failures.set(key, times.toSpliced(at, 1));
  }

  private recent(key: string, nowMs: number): number[] {
    return (this.failures.get(key) ?? []).filter((at) => at > nowMs - WINDOW_MS);
  }
}

/** A name may be as long as whoever makes it up likes. */
function keyOf(name: string, address: string): string {
  const known = name.length <= NAME_LENGTH_MAX ? name.toLowerCase() : hashOf(name);
  return `${address} ${known}`;
}

function hashOf(name: string): string {
  return createHash('sha256').update(name).digest('base64');
}
