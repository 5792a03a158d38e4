/** The worker process: reads calls from descriptor 3, evaluates them one after the other, writes what came of them. */
import { receiveFromPool, rememberSiblings, sendToPool } from '../../../platform/worker-end.ts';
import { FrameCutter, partsOf, READY_TICKET, SIBLINGS_TICKET, textFrame } from '../wire.ts';
import { Program } from './program.ts';

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

const cutter = new FrameCutter();
// The first evaluation of a process costs 20 ms more than the next: pay before anybody waits.
new Program(
  '{"partPaths":["a"],"steps":[{"kind":"expression","name":"A","text":"={b: a.b, c: count(a.d) > 0}"},{"kind":"schema","name":"B","of":"a","schema":{"type":"object"}}]}',
).run([Buffer.from('{"b":1,"d":[]}')]);
sendToPool(textFrame(READY_TICKET, ''));
const chunk = Buffer.allocUnsafeSlow(CHUNK_BYTES);
for (;;) {
  const got = receiveFromPool(chunk, 0);
  cutter.cut(chunk.subarray(0, got), (ticket, payload) => {
    const [program, ...parts] = partsOf(payload);
    if (ticket === SIBLINGS_TICKET) rememberSiblings(program!.toString('utf8'));
    else sendToPool(textFrame(ticket, programOf(program!.toString('utf8')).run(parts)));
  });
}
