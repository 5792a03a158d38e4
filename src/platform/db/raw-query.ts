import type { EntityManager } from 'typeorm';

/**
 * SQL that both databases understand, with `?` for each value as it comes, on the connection for reading or on that of
 * a transaction. PostgreSQL numbers its values; no `?` may stand for anything else.
 */
export function rawQuery<Rows = unknown>(
  manager: EntityManager,
  sql: string,
  values: readonly unknown[] = [],
): Promise<Rows> {
  const isNumbered = manager.connection.options.type === 'postgres';
  let n = 0;
  return manager.query(isNumbered ? sql.replaceAll('?', () => `$${++n}`) : sql, [...values]);
}
