import { describe, expect, it } from 'vitest';
import { Batcher } from './batcher.ts';

/** Doubles numbers; refuses all where one of them is negative. */
function doubling(most = 10) {
  const asked: number[][] = [];
  const batcher = new Batcher<number, number>(async (questions) => {
    asked.push([...questions]);
    await new Promise((resolve) => setTimeout(resolve, 5));
    if (questions.some((n) => n < 0)) throw new Error('negative');
    return questions.map((n) => 2 * n);
  }, most);
  return { asked, batcher };
}

describe('Questions to a batcher', () => {
  it('are answered at once, each its own; what comes meanwhile goes into the next', async () => {
    const { asked, batcher } = doubling();
    const first = [1, 2].map((n) => batcher.ask(n));
    await Promise.resolve();
    await Promise.resolve();
    const second = [3, 4].map((n) => batcher.ask(n));
    expect(await Promise.all([...first, ...second])).toEqual([2, 4, 6, 8]);
    expect(asked).toEqual([
      [1, 2],
      [3, 4],
    ]);
  });

  it('are not too many at once', async () => {
    const { asked, batcher } = doubling(2);
    expect(await Promise.all([1, 2, 3].map((n) => batcher.ask(n)))).toEqual([2, 4, 6]);
    expect(asked.map(({ length }) => length)).toEqual([2, 1]);
  });

  it('fail together, and those after them are asked all the same', async () => {
    const { batcher } = doubling(2);
    const ended = await Promise.allSettled([1, -1, 3].map((n) => batcher.ask(n)));
    expect(ended.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'fulfilled']);
    expect(await batcher.ask(4)).toBe(8);
  });
});
