import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import type { Dialect } from './dialect.ts';
import type { HotTable } from './row-batch.ts';
import { WriteDoor } from './write-door.ts';

const table: HotTable = { name: 'marks', columns: ['id'] };

/** Two appends, of which the second comes while the first is on its way: what happens in which order. */
async function orderOf({ isFolded = false } = {}): Promise<string[]> {
  const order: string[] = [];
  let commits = 0;
  const dialect = {
    beforeCommit: () => (isFolded && commits === 1 ? sleep(5).then(() => order.push('folded')) : undefined),
    commitRows: async () => {
      const n = (commits += 1);
      order.push(`begun ${n}`);
      await sleep(5);
      order.push(`stored ${n}`);
    },
  } as unknown as Dialect;
  const door = new WriteDoor(dialect);
  const append = (n: number) => door.append([{ table, values: [n] }]).then(() => order.push(`told ${n}`));
  const first = append(1);
  await sleep(1);
  await Promise.all([first, append(2)]);
  return order;
}

it('The next commit begins before anybody of the last one is told', async () => {
  const order = await orderOf();
  expect(order).toEqual(['begun 1', 'stored 1', 'begun 2', 'told 1', 'stored 2', 'told 2']);
});

it('Nobody whose rows are stored waits for a fold', async () => {
  const order = await orderOf({ isFolded: true });
  expect(order).toEqual(['begun 1', 'stored 1', 'told 1', 'folded', 'begun 2', 'stored 2', 'told 2']);
});
