import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isPostgres } from '../support/database.ts';
import type { Signalbox } from '../support/signalbox.ts';
import { bodyOf, type CallKind, prepareLoad } from './load.ts';
import { type Syscall, syscallsOf } from './syscalls.ts';
import { startTraced } from './traced.ts';

const CALLS = 12;
const kinds: readonly CallKind[] = ['echo', 'native', 'effect'];

let folder: string;
let calls: Syscall[];
/** The execution ids of the acknowledged calls, in order. */
const acknowledged: string[] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'signalbox-fsync-'));
  const log = join(folder, 'strace.log');
  const watched = 'trace=fsync,fdatasync,read,recvfrom,write,pwrite64,writev,sendto,sendmsg';
  const options = ['-ttt', '-T', '-y', '-s', '400', '-e', watched, '-o', log];
  const { signalbox, stop } = await startTraced(options, { dataFolder: join(folder, 'data') });
  try {
    await prepareLoad(signalbox);
    for (let n = 0; n < CALLS; n++) await callAndNote(signalbox, kinds[n % kinds.length]!, n);
  } finally {
    await stop();
  }
  calls = syscallsOf(readFileSync(log, 'utf8'));
}, 120_000);

async function callAndNote(signalbox: Signalbox, kind: CallKind, n: number): Promise<void> {
  const response = await signalbox.call(kind, bodyOf(kind, `call-${n}`));
  await response.text();
  if (response.status !== 200) throw new Error(`${kind} was answered with ${response.status}`);
  acknowledged.push(response.headers.get('x-execution-id')!);
}

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const isSync = ({ name, text }: Syscall) => /^f(data)?sync$/.test(name) && text.includes('.db-wal>');
const isLogWrite = ({ name, text }: Syscall) => name === 'pwrite64' && text.includes('.db-wal>');
const isRead = ({ name }: Syscall) => name === 'read' || name === 'recvfrom';
const isAnswer = ({ name }: Syscall) => /^(write|writev|sendto|sendmsg)$/.test(name);

/** What happened to the log between the moment the request was read and the moment the answer was begun. */
function between(kind: CallKind, id: string): { writes: Syscall[]; syncs: Syscall[] } {
  const answer = calls.find((call) => isAnswer(call) && call.text.includes(id));
  if (!answer) throw new Error(`The answer of ${id} was not seen`);
  const isRequest = (call: Syscall) =>
    isRead(call) && call.text.includes(`POST /api/webhooks/dynamic/${kind}`);
  const request = calls.findLast((call) => isRequest(call) && call.beganUs < answer.beganUs);
  if (!request) throw new Error(`The request of ${id} was not seen`);
  const meanwhile = calls.filter((call) => call.beganUs > request.beganUs && call.endedUs < answer.beganUs);
  return { writes: meanwhile.filter(isLogWrite), syncs: meanwhile.filter(isSync) };
}

// On PostgreSQL it is the server that writes and synchronises.
describe.skipIf(isPostgres)('the record of a call that is acknowledged', () => {
  it('was written, then synchronised to the disk, and only then was the call answered: each of them', () => {
    expect(acknowledged).toHaveLength(CALLS);
    const wrong = acknowledged.filter((id, index) => {
      const { writes, syncs } = between(kinds[index % kinds.length]!, id);
      const lastWrite = writes.at(-1);
      return !lastWrite || !syncs.some((sync) => sync.beganUs > lastWrite.beganUs);
    });
    expect(wrong).toEqual([]);
  });

  it('was on disk before the first effect too, where a script has effects: one synchronisation for each commit', () => {
    const effects = acknowledged.filter((_, index) => kinds[index % kinds.length] === 'effect');
    const syncs = effects.map((id) => between('effect', id).syncs.length);
    // Received, the command, the outcome.
    for (const count of syncs) expect(count).toBeGreaterThanOrEqual(3);
  });
});
