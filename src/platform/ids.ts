import { randomFillSync } from 'node:crypto';

/** Prefixes of every id that is not a plain number. */
export type IdPrefix =
  'exe' | 'evt' | 'usr' | 'cli' | 'crd' | 'cdf' | 'rft' | 'sgk' | 'aud' | 'req' | 'tst' | 'ntf';

// One system call for 256 ids: randomBytes(10) by itself costs about 1 µs a call.
const pool = Buffer.alloc(16 * 256);
let used = pool.length;
let lastMs = 0;
let sequence = 0;
/** `lastMs` as an id begins with it: writing a number of 48 bits in hexadecimal costs 0.3 µs. */
let lastTime = '';

function randomTail(): Buffer {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  used += 16;
  return pool.subarray(used - 16, used);
}

/** A UUIDv7 (RFC 9562), increasing within this process even inside one millisecond. */
export function uuidV7(nowMs: number = Date.now()): string {
  if (nowMs > lastMs) goTo(nowMs);
  else if (++sequence > 0xfff) goTo(lastMs + 1);
  const tail = randomTail();
  tail[0] = 0x80 | (tail[0]! & 0x3f);
  const random = tail.toString('hex', 0, 8);
  return `${lastTime}-7${sequence.toString(16).padStart(3, '0')}-${random.slice(0, 4)}-${random.slice(4)}`;
}

function goTo(ms: number): void {
  lastMs = ms;
  sequence = 0;
  const time = ms.toString(16).padStart(12, '0');
  lastTime = `${time.slice(0, 8)}-${time.slice(8)}`;
}

/** A new id such as `exe_0193…`: time-ordered, so that indexes and partitions stay local. */
export function newId(prefix: IdPrefix, nowMs?: number): string {
  return `${prefix}_${uuidV7(nowMs)}`;
}

/** What every id of that millisecond and later is not less than: a time range is an id range and needs no index of its own. */
export function firstIdAt(prefix: IdPrefix, epochMs: number): string {
  return `${prefix}_${firstUuidAt(epochMs)}`;
}

/** The same of a UUIDv7 by itself. */
export function firstUuidAt(epochMs: number): string {
  const time = Math.max(0, epochMs).toString(16).padStart(12, '0');
  return `${time.slice(0, 8)}-${time.slice(8, 12)}`;
}

/** When an id or a UUIDv7 was made, to the millisecond; null where it is neither. */
export function madeAt(id: string): number | null {
  const [, high, low] = /^(?:[a-z]{3}_)?([0-9a-f]{8})-([0-9a-f]{4})-7/.exec(id) ?? [];
  return high === undefined ? null : Number.parseInt(high + low!, 16);
}
