/** Which programs a worker has, by the numbers that it knows them by. */
import { HEAD_BYTES, TO_WORKER, textFrame, writeHead } from './frames.ts';
import type { Room } from './frames.ts';

/** Isolates one worker keeps; each takes about 2 MiB. */
const PROGRAMS_MAX = 24;

/** What a program is known by, and what it is. */
interface Program {
  key: string;
  source: string;
  memoryMb: number;
}

/** Sends programs to a worker before their first run, and has it drop those that were not used for longest. */
export class WorkerPrograms {
  readonly #room: Room;
  readonly #known = new Map<string, { number: number; source: string }>();
  #last = 0;
  #latestKey = '';

  /** @param room where frames to the worker are written. */
  constructor(room: Room) {
    this.#room = room;
  }

  numberOf({ key, source, memoryMb }: Program): number {
    const known = this.#known.get(key);
    if (known?.source === source) {
      if (key !== this.#latestKey) {
        // Least recently used first.
        this.#known.delete(key);
        this.#known.set(key, known);
        this.#latestKey = key;
      }
      return known.number;
    }
    if (known !== undefined) this.#drop(key, known.number);
    else if (this.#known.size >= PROGRAMS_MAX) {
      for (const [oldest, program] of this.#known) {
        this.#drop(oldest, program.number);
        break;
      }
    }
    this.#last += 1;
    this.#latestKey = key;
    this.#known.set(key, { number: this.#last, source });
    const frame = this.#room(HEAD_BYTES + 4 + Buffer.byteLength(source));
    const at = frame.writeUInt32LE(memoryMb, writeHead(frame, TO_WORKER.program, this.#last));
    frame.write(source, at);
    return this.#last;
  }

  #drop(key: string, programNumber: number): void {
    this.#known.delete(key);
    textFrame(TO_WORKER.drop, programNumber, '', this.#room);
  }
}
