import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Sealer } from '../../src/platform/sealing.ts';
import { discrepancies, marksStatement, mixWrites } from '../crash/mixed-writes.ts';

type Db = typeof import('../../src/platform/db/index.ts');

/** Mixed appends and transactions, one in five failing: what was acknowledged is stored, and nothing else. */
export async function prove({ operations = 30_000, atOnce = 300, seed = 1 }: Record<string, number> = {}) {
  const built = new URL('../../dist/platform/db/index.js', import.meta.url).href;
  const { Database } = (await import(built)) as Db;
  const sealer = new Sealer(randomBytes(32));
  const folder = mkdtempSync(join(tmpdir(), 'write-door-'));
  const url = `sqlite:${join(folder, 'door.db')}`;
  try {
    const database = await Database.open(url, [], sealer);
    await database.door.transaction((tx) => tx.manager.query(marksStatement));
    const began = performance.now();
    const writes = await mixWrites(database.door, { operations, atOnce, seed });
    const seconds = (performance.now() - began) / 1000;
    await database.close();
    const again = await Database.open(url, [], sealer);
    const stored = (await again.read.query('SELECT id, text FROM marks')) as { id: number; text: string }[];
    await again.close();
    const wrong = discrepancies(writes, stored);
    if (wrong.length > 0 || writes.wrongEffects > 0) {
      throw new Error(`${wrong.length} rows are wrong, ${writes.wrongEffects} effects, seed ${seed}`);
    }
    return {
      operations,
      'at once': atOnce,
      'rows acknowledged': writes.acknowledged.size,
      'rows refused': writes.refused.size,
      'rows stored': stored.length,
      'operations a second': Math.round(operations / seconds),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
