import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { descendantsOf, outliving } from '../crash/aftermath.ts';
import { Signalbox } from '../support/signalbox.ts';
import { until } from '../support/until.ts';

let signalbox: Signalbox;
afterEach(() => signalbox.stop());

/** Ticks of the processor that a process has had. */
function ticksOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[11]);
}

/** How much of the processor each has had in a moment. */
async function ticksInAMoment(pids: readonly number[]): Promise<number[]> {
  const before = pids.map(ticksOf);
  await new Promise((resolve) => setTimeout(resolve, 100));
  return pids.map((pid, index) => ticksOf(pid) - before[index]!);
}

/** Kills the server while a worker is in a loop. @returns the processes that are left. */
async function leftWhenKilledInLoop(call: () => Promise<unknown>): Promise<number[]> {
  const workers = descendantsOf(signalbox.child.pid!);
  // None of them has anything else to do.
  await until(async () => ((await ticksInAMoment(workers)).every((ticks) => ticks === 0) ? true : null));
  const before = workers.map(ticksOf);
  void call().catch(() => {});
  // Before its time is up, which for an expression is 250 ms of the processor.
  const looping = await until(
    async () => workers.find((pid, index) => ticksOf(pid) - before[index]! > 2) ?? null,
    10,
  );
  // From here on it cannot stop the loop itself.
  signalbox.child.kill('SIGSTOP');
  await until(async () => ((await ticksInAMoment([looping]))[0]! > 1 ? true : null));
  signalbox.child.kill('SIGKILL');
  const left = await outliving(workers);
  for (const pid of left) process.kill(pid, 'SIGKILL');
  return left;
}

describe('a server that is killed leaves no process behind', () => {
  it('with a script in a loop that was fast before', async () => {
    signalbox = await Signalbox.start({ env: { SCRIPT_TIMEOUT_MS: '20000' } });
    await signalbox.createConfig('turning', { executionCode: 'while (context.body.turn) {} return 1;' });
    for (let n = 0; n < 20; n++) expect((await signalbox.call('turning', {})).status).toBe(200);

    expect(await leftWhenKilledInLoop(() => signalbox.call('turning', { turn: true }))).toEqual([]);
  });

  it('with an expression in one', async () => {
    signalbox = await Signalbox.start();
    await signalbox.createConfig('matching', {
      activationCondition: '=matches(request.body.text, "^(a+)+$")',
    });
    expect((await signalbox.call('matching', { text: 'a' })).status).toBe(200);

    const left = await leftWhenKilledInLoop(() => signalbox.call('matching', { text: `${'a'.repeat(60)}!` }));
    expect(left).toEqual([]);
  });
});
