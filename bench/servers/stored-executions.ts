import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CallBounds } from './server.ts';

const settleMsMax = 300_000;
const pollEveryMs = 50;

/** What a server of ours must have stored. */
interface Expectation {
  /** How many executions. */
  bounds: CallBounds;
  /** Ids that must be among them. */
  ids: string[];
  /** Whether each must have succeeded: a call that the tool cut off may have been left as it was, accepted work may not. */
  areAllSucceeded: boolean;
}

/** Waits until the running server's database has no unfinished execution; gives up after minutes. */
export async function untilNoneUnfinished(file: string): Promise<void> {
  const database = new DatabaseSync(file, { readOnly: true });
  try {
    const find = database.prepare("SELECT 1 FROM executions WHERE status IN ('received', 'running') LIMIT 1");
    const end = performance.now() + settleMsMax;
    while (find.get() !== undefined && performance.now() < end) await sleep(pollEveryMs);
  } finally {
    database.close();
  }
}

/** Counts the executions in an ended server's database; throws when some are missing, too many or not as they must be. */
export function checkStored(file: string, { bounds, ids, areAllSucceeded }: Expectation): number {
  const database = new DatabaseSync(file, { readOnly: true });
  try {
    const count = (where: string): number =>
      Number(database.prepare(`SELECT count(*) AS n FROM executions ${where}`).get()?.['n']);
    const stored = count('');
    const { atLeast, atMost } = bounds;
    if (stored < atLeast || stored > atMost) {
      throw new Error(`${stored} executions are stored; it must be ${atLeast} to ${atMost}`);
    }
    const find = database.prepare("SELECT 1 FROM executions WHERE account_id = 'default' AND id = ?");
    const lost = ids.filter((id) => find.get(id) === undefined);
    if (lost.length > 0) throw new Error(`${lost.length} of ${ids.length} answered calls are not stored`);
    const others = areAllSucceeded ? count("WHERE status <> 'succeeded'") : 0;
    if (others > 0) throw new Error(`${others} of ${stored} accepted executions have not succeeded`);
    return stored;
  } finally {
    database.close();
  }
}
