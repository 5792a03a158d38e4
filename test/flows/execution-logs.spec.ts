import { afterAll, beforeAll, expect, it } from 'vitest';
import { Signalbox } from '../support/signalbox.ts';

let signalbox: Signalbox;

beforeAll(async () => {
  signalbox = await Signalbox.start();
});
afterAll(() => signalbox.stop());

it.each([
  ['one line alone is too long', 'console.log("x".repeat(65_537))', 1],
  ['there are too many lines', 'for (let i = 0; i < 9; i++) console.log("x".repeat(8_000))', 9],
])('A record says that its logs were cut where %s', async (_, executionCode, count) => {
  const key = `cut-${count}`;
  await signalbox.createConfig(key, { executionCode });
  const answer = await signalbox.call(key, {});
  const { logs } = await signalbox.execution(answer.headers.get('x-execution-id')!);
  expect(logs).toHaveLength(count + 1);
  expect((logs as object[]).at(-1)).toEqual({
    level: 'warn',
    text: 'The rest was dropped: the log limit is reached',
  });
});
