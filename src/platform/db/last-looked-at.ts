import type { ObjectLiteral, SelectQueryBuilder } from 'typeorm';

/** Rows that one page looks at where no index serves its filter: 20,000 take 15 ms, and a million 1 s. */
const LOOKED_AT_MAX = 20_000;

/** The id up to which one page of such a list looks, in the order of its rows; null where it may look at all. */
export async function lastLookedAt<Row extends ObjectLiteral>(
  rows: SelectQueryBuilder<Row>,
): Promise<string | null> {
  const found = await rows
    .clone()
    .select(`${rows.alias}.id`, 'id')
    .offset(LOOKED_AT_MAX - 1)
    .limit(1)
    .getRawOne<{ id: string }>();
  return found?.id ?? null;
}
