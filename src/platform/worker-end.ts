/** The worker's end of its channel to the pool (`WorkerChannel` is the other one): blocking, on descriptor 3. */
import { readSync, writeSync } from 'node:fs';

const CHANNEL = 3;
let siblings = '';

/** Writes a whole frame; what is written is on its way when this returns. */
export function sendToPool(frame: Buffer): void {
  try {
    for (let at = 0; at < frame.length;) at += writeSync(CHANNEL, frame, at, frame.length - at);
  } catch (error) {
    // The pool is gone. Reading finds that out too, after what it has sent last.
    if ((error as NodeJS.ErrnoException).code !== 'EPIPE') throw error;
  }
}

/** Waits for bytes and puts them into `buffer` from `at` on. @returns how many. Where the pool is gone, this process ends, and its siblings. */
export function receiveFromPool(buffer: Buffer, at: number): number {
  const bytes = received(buffer, at);
  if (bytes > 0) return bytes;
  endSiblings();
  process.exit(0);
}

function received(buffer: Buffer, at: number): number {
  try {
    return readSync(CHANNEL, buffer, at, buffer.length - at, null);
  } catch (error) {
    // The pool left something unread, which resets the channel.
    if ((error as NodeJS.ErrnoException).code === 'ECONNRESET') return 0;
    throw error;
  }
}

/** @param pids as `pidsText` gives them: whom to end when the pool is gone. */
export function rememberSiblings(pids: string): void {
  siblings = pids;
}

/** What `rememberSiblings` is given: all workers of a pool. */
export function pidsText(workers: Iterable<{ pid?: number | undefined }>): string {
  return [...workers].flatMap(({ pid }) => pid ?? []).join(',');
}

/** One of them may be in a loop, and would go on for ever; one that waits for work or an answer sees at once that its channel has ended. */
function endSiblings(): void {
  for (const text of siblings.split(',')) {
    const pid = Number(text);
    if (!(pid > 1) || pid === process.pid) continue;
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It has gone already.
    }
  }
}
