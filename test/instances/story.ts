import { setTimeout as sleep } from 'node:timers/promises';
import { rowsOf } from '../support/database.ts';
import type { Signalbox } from '../support/signalbox.ts';
import { Load, type Told } from './load.ts';

/** Until everything that was accepted has ended, once all is well again. */
const DRAIN_MS_MAX = 90_000;
/** Calls with a key that are acknowledged before a fault, and as many after it, however slow the machine. */
const SOME = 4;
const SOME_MS_MAX = 60_000;

interface Published {
  type: string;
  payload: { id: string; line: string; n: number };
}

/** What happens to instances under load, and whether all is as it was told. */
export class Story {
  private readonly witness: Signalbox;
  private readonly members: readonly Signalbox[];

  /** @param witness an instance that nothing happens to. @param members those under load; they may be exchanged. */
  constructor(witness: Signalbox, members: readonly Signalbox[]) {
    this.witness = witness;
    this.members = members;
  }

  /** Calls under way while `fault` happens, and for a while afterwards. @returns what the callers were told. */
  async underLoad(fault: () => Promise<void>): Promise<Told> {
    const load = new Load((n) => this.members[n % this.members.length]!);
    await Promise.all([sleep(1_000), hasTold(load, SOME)]);
    await fault();
    await Promise.all([sleep(1_500), hasTold(load, load.told.kept.size + SOME)]);
    const told = await load.end();
    await this.drained();
    return told;
  }

  /** Waits until nothing is left to do; what is then still left is missed by what follows. */
  async drained(msMax = DRAIN_MS_MAX): Promise<void> {
    const began = performance.now();
    while ((await this.unfinished()) > 0 && performance.now() - began < msMax) await sleep(100);
  }

  /** What is not as it was told: acknowledged calls without effect, effects that were had twice, lines out of order. */
  async faultsIn({ kept, lined }: Told): Promise<string[]> {
    const faults = kept.size >= 2 * SOME ? [] : [`only ${kept.size} calls with a key were acknowledged`];
    const effects = new Map<string, number>();
    const lines = new Map<string, number[]>();
    for (const { type, payload } of await this.published()) {
      if (type === 'order.kept') effects.set(payload.id, (effects.get(payload.id) ?? 0) + 1);
      else lines.set(payload.line, [...(lines.get(payload.line) ?? []), payload.n]);
    }
    for (const [id, times] of effects) if (times !== 1) faults.push(`${id} had its effect ${times} times`);
    for (const id of kept.keys()) if (!effects.has(id)) faults.push(`${id} had no effect`);
    for (const [line, sent] of lined) {
      const done = lines.get(line) ?? [];
      const lost = sent.filter((n) => !done.includes(n));
      if (lost.length > 0) faults.push(`${line}: ${lost.join()} had no effect`);
      if (done.some((n, at) => at > 0 && n <= done[at - 1]!)) faults.push(`${line}: ${done.join()}`);
    }
    if (faults.length > 0) faults.push(`executions without their one event: ${await this.withoutEvent()}`);
    return faults;
  }

  /** What records say of calls that did not have one effect, to find out why. */
  private async withoutEvent(): Promise<string> {
    const rows = await rowsOf<object>(
      this.witness.dataFolder,
      `SELECT * FROM (SELECT id, config_key, status, code, attempt, received_at, finished_at,
          (SELECT count(*) FROM events WHERE events.execution_id = executions.id) AS events,
          (SELECT count(*) FROM execution_calls WHERE execution_calls.execution_id = executions.id) AS calls
        FROM executions WHERE config_key IN ('kept', 'lined')) AS found WHERE events <> 1 LIMIT 20`,
    );
    return JSON.stringify(rows);
  }

  /** All events, the oldest first. */
  async published(): Promise<Published[]> {
    const all: Published[] = [];
    for (let cursor: string | null | undefined; cursor !== null;) {
      const { body } = await this.witness.command<{ items: Published[]; nextCursor: string | null }>(
        'GetEventListQuery',
        { type: 'order.*', pageSize: 100, ...(cursor !== undefined && { cursor }) },
      );
      all.push(...body.data.items);
      cursor = body.data.nextCursor;
    }
    return all.reverse();
  }

  private async unfinished(): Promise<number> {
    const [row] = await rowsOf<{ n: number }>(
      this.witness.dataFolder,
      `SELECT (SELECT count(*) FROM queue_jobs) + (SELECT count(*) FROM executions
         WHERE config_key = 'lined' AND status IN ('received', 'running')) AS n`,
    );
    return row!.n;
  }
}

/** Waits until so many keys have been acknowledged; where they are not, that is missed by what follows. */
async function hasTold(load: Load, keys: number): Promise<void> {
  const began = performance.now();
  while (load.told.kept.size < keys && performance.now() - began < SOME_MS_MAX) await sleep(20);
}
