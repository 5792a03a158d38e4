import type { Sealer } from '../sealing.ts';
import { openPack, sealPack } from './pack-sealing.ts';
import { type PayloadPlace, placesOf } from './payload-packs.ts';
import { rawQuery } from './raw-query.ts';
import type { Tx } from './door-entries.ts';

/**
 * Erases payloads for good: their bytes become zeros and the pack is sealed anew, so that every place in it stays what
 * it was; of a pack of which nothing is left the row goes. The rows that name them are the caller's to change.
 * @param columns what payload columns hold.
 */
export async function erasePayloads(tx: Tx, sealer: Sealer, columns: readonly string[]): Promise<void> {
  const places = Map.groupBy(columns.flatMap(placesOf), ({ packId }) => packId);
  for (const [packId, erased] of places) await eraseIn(tx, sealer, { packId, erased });
}

async function eraseIn(
  tx: Tx,
  sealer: Sealer,
  { packId, erased }: { packId: string; erased: readonly PayloadPlace[] },
): Promise<void> {
  const [pack]: { sealed: Buffer }[] = await rawQuery(
    tx.manager,
    'SELECT sealed FROM payload_packs WHERE id = ?',
    [packId],
  );
  if (!pack) return;
  const plain = openPack(pack.sealed, sealer);
  for (const { start, end } of erased) plain.fill(0, start, end);
  // An absent part is written as 0xffffffff: only what was erased is zero throughout.
  if (plain.equals(Buffer.alloc(plain.length)))
    await rawQuery(tx.manager, 'DELETE FROM payload_packs WHERE id = ?', [packId]);
  else
    await rawQuery(tx.manager, 'UPDATE payload_packs SET sealed = ? WHERE id = ?', [
      sealPack(plain, sealer),
      packId,
    ]);
}
