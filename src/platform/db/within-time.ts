import type { ObjectLiteral, SelectQueryBuilder } from 'typeorm';
import { firstIdAt, type IdPrefix } from '../ids.ts';

/** A range of time in ISO 8601, both ends included. */
export interface TimeRange {
  from?: string | undefined;
  to?: string | undefined;
}

/** Narrows rows to those made within a range: ids begin with their time, so that it is a range of ids and needs no index of its own. */
export function withinTime<Row extends ObjectLiteral>(
  rows: SelectQueryBuilder<Row>,
  prefix: IdPrefix,
  { from, to }: TimeRange,
): void {
  const id = `${rows.alias}.id`;
  if (from !== undefined) rows.andWhere(`${id} >= :first`, { first: firstIdAt(prefix, Date.parse(from)) });
  if (to !== undefined) rows.andWhere(`${id} < :end`, { end: firstIdAt(prefix, Date.parse(to) + 1) });
}
