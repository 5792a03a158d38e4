import { writeSync } from 'node:fs';

/** Places where a crash must leave nothing half true; in the order in which a call passes them. */
export const faultPoints = [
  'run.started',
  'during-run',
  'received.committed',
  'call.recorded',
  'call-within.recorded',
  'deferred.committed',
  'accepted.committed',
  'compensation.done',
  'commit.before',
  'retry.committed',
  'outcome.committed',
  'notification.committed',
  'settle.before',
  'settled.committed',
] as const;
export type FaultPoint = (typeof faultPoints)[number];

/** Where the process is to end: the first time it comes there, or the nth. */
export interface ArmedFaultPoint {
  name: FaultPoint;
  nth: number;
}

let armed: FaultPoint | null = null;
let passesLeft = 0;

/** For tests of crashes only: `SIGNALBOX_FAULT_POINT`, which the configuration refuses in production, arms one point for good. */
export function armFaultPoint({ name, nth }: ArmedFaultPoint): void {
  armed = name;
  passesLeft = nth;
}

/** Says that the process has come to this point; where a test armed it, the process ends here as in a power cut. */
export function reach(name: FaultPoint): void {
  if (name !== armed || --passesLeft > 0) return;
  // Synchronous: what a stream has buffered dies with the process.
  writeSync(2, `fault point ${name} reached\n`);
  process.kill(process.pid, 'SIGKILL');
}
