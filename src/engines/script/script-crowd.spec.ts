import { afterEach, beforeEach, expect, it } from 'vitest';
import { ScriptCrowd } from './script-crowd.ts';
import type { ScriptJob } from './script-job.ts';

const MINUTE_MS = 60_000;
let crowd: ScriptCrowd;

beforeEach(async () => {
  crowd = new ScriptCrowd(2, false, {
    onReady: () => {},
    onFrame: () => {},
    onGone: (worker) => crowd.forget(worker, performance.now()),
  });
  await crowd.start();
});
afterEach(() => crowd.stop());

it('a crowd is one process until there is a script, and again when there has been none for long', async () => {
  expect(crowd.members.length).toBe(1);

  crowd.noteUse(performance.now());
  // One more than may run: whoever needs one for himself does not wait for its start.
  expect(crowd.members.length).toBe(3);
  await Promise.all(crowd.members.map(({ ready }) => ready));

  const tidyThrice = (now: number) => [1, 2, 3].forEach(() => crowd.tidy(now));
  tidyThrice(performance.now() + 9 * MINUTE_MS);
  expect(crowd.members.length).toBe(3);
  tidyThrice(performance.now() + 11 * MINUTE_MS);
  expect(crowd.members.length).toBe(1);
});

it('a worker is given 128 runs that are quick, and no more than 64 once they are 1.5 ms of work', async () => {
  crowd.noteUse(performance.now());
  await Promise.all(crowd.members.map(({ ready }) => ready));
  /** How many each takes until none takes any. */
  const taken = (expectedMicros: number) => {
    for (let picked = crowd.pickShared(false, 0); picked; picked = crowd.pickShared(false, 0))
      picked.jobs.push({ expectedMicros } as ScriptJob);
    return crowd.members.map(({ jobs }) => jobs.splice(0).length);
  };
  expect(taken(10)).toEqual([128, 128, 0]);
  expect(taken(30)).toEqual([64, 64, 0]);
  expect(taken(4_900)).toEqual([64, 64, 0]);
});
