import { setTimeout as sleep } from 'node:timers/promises';
import type { Database } from '../../src/platform/db/index.ts';
import { rawQuery } from '../../src/platform/db/raw-query.ts';
import { marks } from '../crash/mixed-writes.ts';
import { until } from '../support/until.ts';

/** Between two falls, at least as long and so many commits: a server that falls while it gets up has nobody to fail. */
const UP_MS = 300;
const UP_COMMITS = 25;
const PAUSE_MS = 4;

/** What writers were told while their server fell, and what lies there. */
export interface CommitsInDoubt {
  acknowledged: number;
  refused: number;
  /** Acknowledged, and not there. */
  lost: number[];
  /** Of a transaction that was refused, and there. */
  unwanted: number[];
}

/**
 * Writes by the doors of some databases, each a process of its own to the server, which falls again and again in the
 * middle. Every other write is a transaction; of rows alone it is known only that what was acknowledged is there.
 * @param open a database in which there is the table `marks`. @param fall resolves when the server is up again.
 */
export async function writeWhileItFalls(
  open: () => Promise<Database>,
  fall: () => Promise<void>,
  { falls, writers }: { falls: number; writers: number },
): Promise<CommitsInDoubt> {
  const databases = await Promise.all(Array.from({ length: writers }, open));
  const state = { isOver: false, acknowledged: new Set<number>(), refused: new Set<number>() };
  const writing = databases.map((database, writer) => write(database, 1_000_000 * (writer + 1), state));
  for (let n = 0; n < falls; n++) {
    const enough = state.acknowledged.size + UP_COMMITS;
    await sleep(UP_MS);
    await until(async () => (state.acknowledged.size >= enough ? true : null));
    await fall();
  }
  await sleep(UP_MS);
  state.isOver = true;
  await Promise.all(writing);
  const rows = await databases[0]!.read.query<{ id: number }[]>('SELECT id FROM marks');
  await Promise.all(databases.map((database) => database.close()));
  const stored = new Set(rows.map(({ id }) => id));
  return {
    acknowledged: state.acknowledged.size,
    refused: state.refused.size,
    lost: [...state.acknowledged].filter((id) => !stored.has(id)),
    unwanted: [...state.refused].filter((id) => isTransaction(id) && stored.has(id)),
  };
}

function isTransaction(id: number): boolean {
  return id % 2 === 0;
}

async function write(
  { door }: Database,
  from: number,
  state: { isOver: boolean; acknowledged: Set<number>; refused: Set<number> },
): Promise<void> {
  for (let id = from; !state.isOver; id++) {
    const written = isTransaction(id)
      ? door.transaction(
          (tx) => rawQuery(tx.manager, 'INSERT INTO marks (id, text) VALUES (?, ?)', [id, 'in doubt']),
          // Alone they would wait for each other, and one at most would be in doubt.
          { isAlone: false },
        )
      : door.append([{ table: marks, values: [id, 'in doubt', null, null] }]);
    await written.then(
      () => state.acknowledged.add(id),
      () => state.refused.add(id),
    );
    await sleep(Math.random() * PAUSE_MS);
  }
}
