import { firstUuidAt } from '../ids.ts';
import type { Database } from './database.ts';
import { packsOf } from './payload-packs.ts';
import { rawQuery } from './raw-query.ts';

const PACKS = 'payload_packs';
/** Packs of up to 256 KiB each that one commit deletes. */
const PACKS_PER_COMMIT = 50;
/** Those that stay of a whole day are written anew. */
const MOVED_MAX = 100;
/** A pack is younger than the rows that it belongs to; a clock that was set back between two starts may say otherwise. */
const CLOCK_STEP_MS = 3_600_000;

/**
 * The payload columns of those rows of one table that were made before a moment and are still there: few, once the old
 * ones are deleted. Rows made later must hold no older pack, or it is taken from them.
 */
export type PayloadsBefore = (epochMs: number) => AsyncIterable<string>;

/**
 * Deletes packs that belong to nobody any more. A pack holds the payloads of a whole commit, and only the rows know
 * which: so those rows are asked that are as old as the packs. One old row that is kept keeps its own packs and no others.
 */
export class PackSweep {
  private readonly holders: PayloadsBefore[] = [];

  constructor(private readonly database: Database) {}

  /** Each table with payloads says what it holds on to. */
  ask(holder: PayloadsBefore): void {
    this.holders.push(holder);
  }

  /** @yields after each commit how many packs it deleted. */
  async *sweep(before: number): AsyncGenerator<number> {
    const { days } = this.database;
    const ripe = days.wholeDaysBefore(PACKS, before - CLOCK_STEP_MS);
    const end = firstUuidAt(ripe);
    const isAny = (await this.idsAfter('', end)).length > 0;
    const kept = isAny ? await this.keptBy(ripe + CLOCK_STEP_MS) : [];
    yield* days.deleteDays({
      table: PACKS,
      before: ripe,
      staying: (from, to) => {
        const values = kept.slice(placeOf(kept, from), placeOf(kept, to));
        return values.length > MOVED_MAX ? null : { sql: among(values), values };
      },
    });
    const isKept = new Set(kept);
    for (
      let ids = await this.idsAfter('', end);
      ids.length > 0;
      ids = await this.idsAfter(ids.at(-1)!, end)
    ) {
      const gone = ids.filter((id) => !isKept.has(id));
      if (gone.length > 0) yield await this.delete(gone);
    }
  }

  /** Packs of the rows that were made before a moment and are still there, in order. */
  private async keptBy(before: number): Promise<string[]> {
    const kept = new Set<string>();
    for (const holder of this.holders)
      for await (const column of holder(before)) for (const id of packsOf(column)) kept.add(id);
    return [...kept].sort();
  }

  private async idsAfter(id: string, end: string): Promise<string[]> {
    const rows: { id: string }[] = await rawQuery(
      this.database.read,
      'SELECT id FROM payload_packs WHERE id > ? AND id < ? ORDER BY id LIMIT ?',
      [id, end, PACKS_PER_COMMIT],
    );
    return rows.map((row) => row.id);
  }

  private async delete(ids: readonly string[]): Promise<number> {
    await this.database.door.transaction((tx) =>
      rawQuery(tx.manager, `DELETE FROM payload_packs WHERE ${among(ids)}`, ids),
    );
    return ids.length;
  }
}

/** Of ids in order, the first that is not less. */
function placeOf(ids: readonly string[], from: string): number {
  const place = ids.findIndex((id) => id >= from);
  return place === -1 ? ids.length : place;
}

function among(ids: readonly string[]): string {
  return ids.length === 0 ? '1 = 0' : `id IN (${ids.map(() => '?').join(',')})`;
}
