import { expect, it } from 'vitest';
import { ScriptCrowd } from './script-crowd.ts';

const MINUTE_MS = 60_000;

it('a crowd is one process until there is a script, and again when there has been none for long', async () => {
  const crowd: ScriptCrowd = new ScriptCrowd(2, false, {
    onReady: () => {},
    onFrame: () => {},
    onGone: (worker) => crowd.forget(worker, performance.now()),
  });
  await crowd.start();
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
  await crowd.stop();
});
