import { setTimeout as sleep } from 'node:timers/promises';
import type { CallBounds } from './server.ts';

const settleMsMax = 300_000;
const pollEveryMs = 50;

/** Asks the database itself, past the product; `?` stands for a value. */
export type Find = (sql: string, values?: readonly string[]) => Promise<Record<string, unknown>[]>;

/** An empty database for one row of ours, for as long as the row is up. */
export interface Storage {
  /** What tells the product of it; all instances get the same. */
  env: Record<string, string>;
  /** The database's own processes: their trees. */
  pids: number[];
  /** Gives the work a connection of its own. */
  read<T>(work: (find: Find) => Promise<T>): Promise<T>;
  /** Gives up what it holds; may be called again. */
  drop(): Promise<void>;
}

/** A kind of database that a row of ours may be on. */
export interface StorageKind {
  /** Whether it is a server beside the product, whose CPU is part of a call's. */
  isServer: boolean;
  /** Why there is none here, if so. */
  obstacle(): string | undefined;
  /** Makes an empty one; what it writes as the product's own file goes into `folder`. */
  open(folder: string): Promise<Storage>;
}

/** What a server of ours must have stored. */
interface Expectation {
  /** How many executions. */
  bounds: CallBounds;
  /** Ids that must be among them. */
  ids: string[];
  /** Whether each must have succeeded: a call that the tool cut off may have been left as it was, accepted work may not. */
  areAllSucceeded: boolean;
}

/** Waits until the running server's database has no unfinished execution; throws when that takes minutes. */
export function untilNoneUnfinished(storage: Storage): Promise<void> {
  return storage.read(async (find) => {
    const unfinished = "SELECT 1 FROM executions WHERE status IN ('received', 'running') LIMIT 1";
    const end = performance.now() + settleMsMax;
    while ((await find(unfinished)).length > 0) {
      if (performance.now() > end)
        throw new Error(`Not all executions have ended ${settleMsMax / 1000} s later`);
      await sleep(pollEveryMs);
    }
  });
}

/** Counts the executions that ended servers have left; throws when some are missing, too many or not as they must be. */
export function checkStored(
  storage: Storage,
  { bounds, ids, areAllSucceeded }: Expectation,
): Promise<number> {
  return storage.read(async (find) => {
    const count = async (where: string, values: readonly string[] = []): Promise<number> =>
      Number((await find(`SELECT count(*) AS n FROM executions ${where}`, values))[0]?.['n']);
    const stored = await count('');
    const { atLeast, atMost } = bounds;
    if (stored < atLeast || stored > atMost) {
      throw new Error(`${stored} executions are stored; it must be ${atLeast} to ${atMost}`);
    }
    const wanted = [...new Set(ids)];
    const list = wanted.map(() => '?').join(', ');
    const lost = wanted.length - (await count(`WHERE account_id = 'default' AND id IN (${list})`, wanted));
    if (lost > 0) throw new Error(`${lost} of ${wanted.length} answered calls are not stored`);
    const others = areAllSucceeded ? await count("WHERE status <> 'succeeded'") : 0;
    if (others > 0) throw new Error(`${others} of ${stored} accepted executions have not succeeded`);
    return stored;
  });
}
