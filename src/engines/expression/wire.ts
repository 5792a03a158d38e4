/** The wire between the pool and a worker: `u32 length | u32 ticket | payload`, little-endian, both ways. */

const LENGTH_BYTES = 4;
const HEAD_BYTES = 8;

/** The ticket of the frame with which a worker says that it can be given work. */
export const READY_TICKET = 0;
/** The same number from the pool: the process ids of all workers. Who finds the pool gone ends the others. */
export const SIBLINGS_TICKET = 0;

/** No honest frame is larger: answers are capped, and what is sent is measured before. */
const FRAME_BYTES_MAX = 256 * 1024 * 1024;
/** A text body of 100 MiB may be six times as much as JSON. */
export const PARTS_BYTES_MAX = FRAME_BYTES_MAX - 1024 * 1024;

/** A frame with one text. */
export function textFrame(ticket: number, text: string): Buffer {
  const frame = Buffer.allocUnsafe(HEAD_BYTES + Buffer.byteLength(text));
  frame.writeUInt32LE(frame.length - LENGTH_BYTES, 0);
  frame.writeUInt32LE(ticket, LENGTH_BYTES);
  frame.write(text, HEAD_BYTES);
  return frame;
}

/**
 * A frame with several byte strings, each behind its length.
 * @param room where a frame of so many bytes is written.
 */
export function partsFrame(
  ticket: number,
  parts: readonly Uint8Array[],
  room: (bytes: number) => Buffer,
): void {
  let bytes = HEAD_BYTES;
  for (const part of parts) bytes += LENGTH_BYTES + part.length;
  const frame = room(bytes);
  frame.writeUInt32LE(bytes - LENGTH_BYTES, 0);
  let at = frame.writeUInt32LE(ticket, LENGTH_BYTES);
  for (const part of parts) {
    at = frame.writeUInt32LE(part.length, at);
    frame.set(part, at);
    at += part.length;
  }
}

/** What `partsFrame` was given; views into the received bytes. */
export function partsOf(payload: Buffer): Buffer[] {
  const parts: Buffer[] = [];
  for (let at = 0; at < payload.length;) {
    const start = at + LENGTH_BYTES;
    at = start + payload.readUInt32LE(at);
    parts.push(payload.subarray(start, at));
  }
  return parts;
}

/** Cuts a stream of chunks into frames; a chunk may be used again when `cut` returns. */
export class FrameCutter {
  #held: Buffer[] = [];
  #heldBytes = 0;
  #neededBytes = LENGTH_BYTES;

  /** Payloads are views into what was received. @throws on a frame that nobody of ours sends. */
  cut(chunk: Buffer, onFrame: (ticket: number, payload: Buffer) => void): void {
    let buffer = chunk;
    if (this.#heldBytes > 0) {
      this.#held.push(Buffer.from(chunk));
      this.#heldBytes += chunk.length;
      if (this.#heldBytes < this.#neededBytes) return;
      buffer = Buffer.concat(this.#held, this.#heldBytes);
    }
    let start = 0;
    let bytes = frameBytes(buffer, start);
    while (bytes > 0 && start + bytes <= buffer.length) {
      onFrame(buffer.readUInt32LE(start + LENGTH_BYTES), buffer.subarray(start + HEAD_BYTES, start + bytes));
      start += bytes;
      bytes = frameBytes(buffer, start);
    }
    // A copy: what was received may be used again.
    this.#held = start === buffer.length ? [] : [Buffer.from(buffer.subarray(start))];
    this.#heldBytes = buffer.length - start;
    this.#neededBytes = bytes || LENGTH_BYTES;
  }
}

/** 0 when too little of the frame is there to know. */
function frameBytes(buffer: Buffer, start: number): number {
  if (buffer.length - start < LENGTH_BYTES) return 0;
  const bytes = buffer.readUInt32LE(start) + LENGTH_BYTES;
  if (bytes < HEAD_BYTES || bytes > FRAME_BYTES_MAX) throw new Error('Malformed frame');
  return bytes;
}
