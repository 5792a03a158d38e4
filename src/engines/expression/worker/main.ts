/** The worker process: reads calls from descriptor 3, evaluates them one after the other, writes what came of them. */
import { readSync, writeSync } from 'node:fs';
import { endSiblings } from '../../../platform/end-siblings.ts';
import { FrameCutter, partsOf, READY_TICKET, SIBLINGS_TICKET, textFrame } from '../wire.ts';
import { Program } from './program.ts';

const CHANNEL = 3;
const CHUNK_BYTES = 256 * 1024;
/** Programs kept ready, least recently used first. */
const PROGRAMS_MAX = 256;
const programs = new Map<string, Program>();

function programOf(text: string): Program {
  const known = programs.get(text);
  if (known !== undefined) {
    programs.delete(text);
    programs.set(text, known);
    return known;
  }
  const program = new Program(text);
  if (program.isCheck) return program;
  for (const oldest of programs.keys()) {
    if (programs.size < PROGRAMS_MAX) break;
    programs.delete(oldest);
  }
  programs.set(text, program);
  return program;
}

/** The channel blocks: what is written is on its way when this returns. */
function send(frame: Buffer): void {
  try {
    for (let at = 0; at < frame.length;) at += writeSync(CHANNEL, frame, at, frame.length - at);
  } catch (error) {
    // The pool is gone. Reading finds that out too, after what it has sent last.
    if ((error as NodeJS.ErrnoException).code !== 'EPIPE') throw error;
  }
}

const cutter = new FrameCutter();
// The first evaluation of a process costs 20 ms more than the next: pay before anybody waits.
new Program(
  '{"partPaths":["a"],"steps":[{"kind":"expression","name":"A","text":"={b: a.b, c: count(a.d) > 0}"},{"kind":"schema","name":"B","of":"a","schema":{"type":"object"}}]}',
).run([Buffer.from('{"b":1,"d":[]}')]);
send(textFrame(READY_TICKET, ''));
const chunk = Buffer.allocUnsafeSlow(CHUNK_BYTES);
let siblings = '';

/** How many bytes were read; 0 when the pool is gone. */
function received(): number {
  try {
    return readSync(CHANNEL, chunk, 0, CHUNK_BYTES, null);
  } catch (error) {
    // It left something unread, which resets the channel.
    if ((error as NodeJS.ErrnoException).code === 'ECONNRESET') return 0;
    throw error;
  }
}

for (;;) {
  const got = received();
  // The pool is gone: so are we all.
  if (got === 0) {
    endSiblings(siblings);
    process.exit(0);
  }
  cutter.cut(chunk.subarray(0, got), (ticket, payload) => {
    const [program, ...parts] = partsOf(payload);
    if (ticket === SIBLINGS_TICKET) siblings = program!.toString('utf8');
    else send(textFrame(ticket, programOf(program!.toString('utf8')).run(parts)));
  });
}
