/** The wire between the pool and a worker: `u32 length | u8 type | u48 ticket | payload`, little-endian. */

/** Frames the pool sends. A ticket numbers one submission to one worker; tickets only grow. */
export const TO_WORKER = {
  program: 10,
  drop: 11,
  run: 12,
  check: 13,
  /** Answers a `call`. */
  reply: 14,
  /** Answers a `call` of a run that must end here: the worker throws the isolate away and goes on. */
  abandon: 15,
  /** A submission that is run elsewhere and must not be begun. */
  cancel: 16,
  /** Answers an outcome with `wantsSync`: all cancels that were on their way have arrived. */
  sync: 17,
  /** Asks for `fenced`: all that was sent before has been run or skipped. */
  fence: 18,
  /** The process ids of all workers: who finds the pool gone ends the others. */
  siblings: 19,
  /** Nothing more comes, and all is well. */
  leave: 20,
} as const;

/** Frames a worker sends. */
export const FROM_WORKER = {
  ready: 1,
  call: 2,
  log: 3,
  fenced: 4,
  returned: 20,
  responded: 21,
  threw: 22,
  limit: 23,
  unparsable: 24,
  checked: 25,
  /** The isolate was thrown away on `abandon`. */
  abandoned: 26,
} as const;

/** Body kinds by their number on the wire. */
export const BODY_KINDS = ['none', 'json', 'form', 'text', 'base64', 'omitted'] as const;

/** Log levels by their number on the wire. */
export const LOG_LEVELS = ['log', 'info', 'warn', 'error'] as const;

/** Limits a worker notices by itself, by their number on the wire. */
export const WORKER_LIMITS = ['calls', 'result-size', 'memory', 'total-time'] as const;

/** Results of quick runs that a worker keeps at most, to send them in one write. */
export const RESULTS_HELD_MAX = 32;

const LENGTH_BYTES = 4;
/** Bytes before the payload. */
export const HEAD_BYTES = LENGTH_BYTES + 1 + 6;

/** No honest frame is larger: bodies are at most a few MiB, results and call inputs are capped. */
export const FRAME_BYTES_MAX = 256 * 1024 * 1024;

/** Writes the head of a frame whose whole size is `buffer.length`; returns where the payload begins. */
export function writeHead(buffer: Buffer, type: number, ticket: number): number {
  buffer.writeUInt32LE(buffer.length - LENGTH_BYTES, 0);
  buffer[4] = type;
  buffer.writeUIntLE(ticket, 5, 6);
  return HEAD_BYTES;
}

/** Where a frame of so many bytes is written. */
export type Room = (bytes: number) => Buffer;

/** A buffer of the frame's own. */
export const ownRoom: Room = (bytes) => Buffer.allocUnsafe(bytes);

/** A frame whose payload is one text. */
export function textFrame(type: number, ticket: number, text: string, room: Room = ownRoom): Buffer {
  const frame = room(HEAD_BYTES + Buffer.byteLength(text));
  frame.write(text, writeHead(frame, type, ticket));
  return frame;
}

/** Size of the frame at `start` of `buffer`, or 0 when too little of it is there to know. */
export function frameBytes(buffer: Buffer, start: number, end: number): number {
  if (end - start < LENGTH_BYTES) return 0;
  const bytes = buffer.readUInt32LE(start) + LENGTH_BYTES;
  if (bytes < HEAD_BYTES || bytes > FRAME_BYTES_MAX) throw new Error('Malformed frame');
  return bytes;
}

/** One received frame; `payload` is a view into the received bytes. */
export interface Frame {
  type: number;
  ticket: number;
  payload: Buffer;
}

/** Reads the whole frame of `bytes` bytes at `start`. */
export function readFrame(buffer: Buffer, start: number, bytes: number): Frame {
  return {
    type: buffer[start + 4]!,
    ticket: buffer.readUIntLE(start + 5, 6),
    payload: buffer.subarray(start + HEAD_BYTES, start + bytes),
  };
}

/** Cuts a stream of chunks into frames, copying only what straddles two chunks. */
export class FrameCutter {
  private held: Buffer[] = [];
  private heldBytes = 0;
  private neededBytes = LENGTH_BYTES;

  /** Throws on a frame no worker of ours would send. */
  cut(chunk: Buffer, onFrame: (frame: Frame) => void): void {
    let buffer = chunk;
    if (this.heldBytes > 0) {
      this.held.push(chunk);
      this.heldBytes += chunk.length;
      if (this.heldBytes < this.neededBytes) return;
      buffer = Buffer.concat(this.held, this.heldBytes);
      this.held = [];
      this.heldBytes = 0;
    }
    let start = 0;
    for (;;) {
      const bytes = frameBytes(buffer, start, buffer.length);
      if (bytes === 0 || start + bytes > buffer.length) {
        this.hold(buffer.subarray(start), bytes);
        return;
      }
      onFrame(readFrame(buffer, start, bytes));
      start += bytes;
    }
  }

  private hold(rest: Buffer, bytes: number): void {
    if (rest.length === 0) return;
    this.held = [rest];
    this.heldBytes = rest.length;
    this.neededBytes = bytes === 0 ? LENGTH_BYTES : bytes;
  }
}
