import { setTimeout as sleep } from 'node:timers/promises';
import type { OwnConnection } from './own-connection.ts';
import { rawQuery } from './raw-query.ts';
import type { Tx } from './door-entries.ts';

/** Whoever erased something is not kept waiting for longer; what is left goes on by itself. */
const WAIT_MS = 5_000;

/**
 * Clears away what packs were before they were erased. PostgreSQL keeps each row as it was until VACUUM frees its place,
 * which is then used again; where it fails, autovacuum comes in its own time.
 */
export class PostgresErasedPacks {
  /** Partitions that hold such rows. */
  private readonly touched = new Set<string>();
  private clearing: Promise<boolean> | null = null;

  /** @param connection for this alone: VACUUM takes minutes where a day is large. */
  constructor(private readonly connection: OwnConnection) {}

  /** Runs what erases packs, and remembers where they lay once it is committed. */
  async during(tx: Tx, packIds: readonly string[], work: () => Promise<void>): Promise<void> {
    const marks = packIds.map(() => '?').join(',');
    const partitions =
      packIds.length === 0
        ? []
        : await rawQuery<{ name: string }[]>(
            tx.manager,
            `SELECT DISTINCT tableoid::regclass::text AS name FROM payload_packs WHERE id IN (${marks})`,
            packIds,
          );
    await work();
    tx.afterCommit(() => {
      for (const { name } of partitions) this.touched.add(name);
    });
  }

  /** @returns true when all is cleared away; false where that goes on, or has failed. */
  async clear(): Promise<boolean> {
    const abort = new AbortController();
    const patience = sleep(WAIT_MS, false, { signal: abort.signal, ref: false }).catch(() => false);
    const isCleared = await Promise.race([this.clearAll(), patience]);
    abort.abort();
    return isCleared;
  }

  private clearAll(): Promise<boolean> {
    this.clearing ??= this.clearEach().finally(() => (this.clearing = null));
    return this.clearing;
  }

  private async clearEach(): Promise<boolean> {
    let isCleared = true;
    // What is touched meanwhile comes last.
    for (const partition of this.touched) {
      this.touched.delete(partition);
      try {
        await this.connection.query(`VACUUM ${partition}`);
      } catch {
        isCleared = false;
      }
    }
    return isCleared;
  }
}
