import { uuidV7 } from '../ids.ts';
import type { Sealer } from '../sealing.ts';
import { sealPack } from './pack-sealing.ts';

/**
 * The large parts of a row, by position; null where there is none. They are kept encrypted and apart from the row,
 * so that lists and filters read small rows.
 */
export type Payload = readonly (Buffer | string | null)[];

/** Payloads laid out one after the other, not yet sealed. */
export interface LaidOutPayloads {
  /** For each payload what its row's column holds: `<pack>:<offset>:<bytes>`. */
  places: string[];
  packs: { id: string; start: number; end: number }[];
  plain: Buffer;
}

/** Payloads that are sealed as one. */
export interface SealedPack {
  id: string;
  sealed: Buffer;
}

/** Plain bytes in one pack: bounds what has to be opened to read one payload. A larger payload has a pack of its own. */
const PACK_BYTES_MAX = 262_144;
const LENGTH_BYTES = 4;
/** From here on three times too much is too much. */
const LONG_TEXT = 4_096;
const ABSENT = 0xffff_ffff;

/** Lays payloads out in packs, one after the other; `plain` is good until the next call. */
export function layOut(payloads: readonly Payload[]): LaidOutPayloads {
  const packs: LaidOutPayloads['packs'] = [];
  const places: string[] = [];
  const plain = roomFor(payloads);
  let end = 0;
  for (const payload of payloads) {
    const start = end;
    for (const part of payload) end = write(plain, end, part);
    let pack = packs.at(-1);
    if (!pack || end - pack.start > PACK_BYTES_MAX) packs.push((pack = { id: uuidV7(), start, end }));
    pack.end = end;
    places.push(`${pack.id}:${start - pack.start}:${end - start}`);
  }
  return { places, packs, plain: plain.subarray(0, end) };
}

/** Used again for each commit: made anew for each, 50 KiB of garbage a commit cost a tenth of all calls. */
const scratch = Buffer.allocUnsafeSlow(2 * PACK_BYTES_MAX);

/** What a text takes shows when it is written: to measure all of them before cost 1 % of a call. */
function roomFor(payloads: readonly Payload[]): Buffer {
  let most = 0;
  for (const payload of payloads) {
    most += LENGTH_BYTES * payload.length;
    for (const part of payload)
      if (part !== null) most += typeof part === 'string' ? mostBytes(part) : part.length;
  }
  return most <= scratch.length ? scratch : Buffer.allocUnsafe(most);
}

/** Sealing each payload by itself cost 3.6 µs, most of it for making the cipher; one seal for 30 of 2 KiB costs 30 µs. */
export function sealPacks({ packs, plain }: Omit<LaidOutPayloads, 'places'>, sealer: Sealer): SealedPack[] {
  return packs.map(({ id, start, end }) => ({ id, sealed: sealPack(plain.subarray(start, end), sealer) }));
}

function mostBytes(text: string): number {
  return text.length > LONG_TEXT ? Buffer.byteLength(text) : 3 * text.length;
}

function write(plain: Buffer, at: number, part: Buffer | string | null): number {
  const start = at + LENGTH_BYTES;
  if (part === null) {
    plain.writeUInt32BE(ABSENT, at);
    return start;
  }
  const bytes = typeof part === 'string' ? plain.write(part, start) : part.copy(plain, start);
  plain.writeUInt32BE(bytes, at);
  return start + bytes;
}

/** Where one payload, or a part of it, lies: bytes of an opened pack. */
export interface PayloadPlace {
  packId: string;
  start: number;
  end: number;
}

/** A payload column names one place, or several where a row was completed later. */
export function placesOf(column: string): PayloadPlace[] {
  return column.split(',').map((place) => {
    const [packId, start, bytes] = place.split(':');
    return { packId: packId!, start: Number(start), end: Number(start) + Number(bytes) };
  });
}

/** The packs that a payload column names. */
export function packsOf(column: string): string[] {
  return placesOf(column).map(({ packId }) => packId);
}

/** The parts in one place of an opened pack. */
export function partsIn(plain: Buffer, start: number, end: number): (Buffer | null)[] {
  const parts: (Buffer | null)[] = [];
  for (let at = start; at < end;) {
    const bytes = plain.readUInt32BE(at);
    at += LENGTH_BYTES;
    if (bytes === ABSENT) parts.push(null);
    else {
      parts.push(plain.subarray(at, at + bytes));
      at += bytes;
    }
  }
  return parts;
}
