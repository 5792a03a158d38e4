/** The worker process: reads orders from descriptor 3, runs them one after the other, writes what came of them. */
import { FROM_WORKER, TO_WORKER, textFrame, type Frame } from '../frames.ts';
import { decodeRun } from '../frames-run.ts';
import { Inbox } from './inbox.ts';
import { Outbox } from './outbox.ts';
import { Program, callbacksOf } from './program.ts';
import { realmSource } from './realm-source.ts';
import { RunAtHand } from './run-at-hand.ts';
import { syntaxError } from './script-check.ts';

const outbox = new Outbox();
const inbox = new Inbox(outbox);
const programs = new Map<number, Program>();
const run = new RunAtHand(inbox, outbox);
const settings = {
  realmSource: realmSource(),
  isFresh: process.argv[2] === 'fresh',
  callbacks: callbacksOf(run.host),
};

function remember(frame: Frame): void {
  const memoryMb = frame.payload.readUInt32LE(0);
  programs.set(frame.ticket, new Program(frame.payload.toString('utf8', 4), memoryMb, settings));
}

function forget(programNumber: number): void {
  programs.get(programNumber)?.dispose();
  programs.delete(programNumber);
}

function check(frame: Frame): void {
  let message: string;
  try {
    message = syntaxError(frame.payload.toString('utf8'));
  } catch (error) {
    message = error instanceof Error ? error.message : 'The script does not compile';
  }
  outbox.send(textFrame(FROM_WORKER.checked, frame.ticket, message));
}

function leave(): never {
  outbox.flush();
  process.exit(0);
}

function act(frame: Frame): void {
  if (frame.type === TO_WORKER.run) {
    const order = decodeRun(frame.payload);
    const program = programs.get(order.programNumber);
    // The pool sends a program before its first run and drops it after its last.
    if (program === undefined) process.exit(1);
    run.perform(frame.ticket, order, program);
  } else if (frame.type === TO_WORKER.program) remember(frame);
  else if (frame.type === TO_WORKER.drop) forget(frame.ticket);
  else if (frame.type === TO_WORKER.check) check(frame);
  else if (frame.type === TO_WORKER.leave) leave();
  else if (frame.type === TO_WORKER.fence) outbox.send(textFrame(FROM_WORKER.fenced, 0, ''));
}

// The first isolate of a process costs 4 ms more than the next: pay before anybody waits.
const warmUp = new Program('await null', 16, settings);
run.warmUp(warmUp);
warmUp.dispose();
outbox.send(textFrame(FROM_WORKER.ready, 0, ''));
for (;;) act(inbox.next());
