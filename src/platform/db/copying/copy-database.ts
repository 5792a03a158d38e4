import type { Sealer } from '../../sealing.ts';
import { sqlitePath } from '../engine-sqlite.ts';
import { copiedValue, isSameValue } from './copied-value.ts';
import { CopyRefusal } from './copy-refusal.ts';
import { PostgresTarget, type TargetRow } from './postgres-target.ts';
import { type SourceRow, type SourceTable, SqliteSource } from './sqlite-source.ts';

/** What is copied, and with what it can be opened. */
export interface CopyOrder {
  /** `sqlite:…` and `postgres://…`. */
  from: string;
  to: string;
  /** Null where there is no key. */
  sealer: Sealer | null;
  /** Told what is being done. */
  report(sentence: string): void;
}

/**
 * Copies an installation from SQLite to an empty PostgreSQL, then reads both and compares each value of each row. One
 * transaction: whatever fails, the target stays empty; the source is only read, and by nobody else meanwhile.
 * @returns the tables with their numbers of rows, in the order in which they were copied.
 * @throws CopyRefusal before anything was written.
 */
export async function copyDatabase({ from, to, sealer, report }: CopyOrder): Promise<Map<string, number>> {
  const source = await SqliteSource.open(sqlitePath(from));
  try {
    await checkKey(source, sealer);
    const target = await PostgresTarget.open(to);
    try {
      const tables = await source.tables();
      for (const table of tables) target.typesOf(table);
      const counts = new Map<string, number>();
      for (const table of tables) {
        const count = await told(table, () => copy(source, target, table));
        report(`copied ${count} rows of ${table.name}`);
        counts.set(table.name, count);
      }
      for (const table of tables) {
        await told(table, () => compare(source, target, table));
        report(`compared ${counts.get(table.name)} rows of ${table.name}`);
      }
      await target.commit();
      return counts;
    } finally {
      await target.close();
    }
  } finally {
    await source.close();
  }
}

async function checkKey(source: SqliteSource, sealer: Sealer | null): Promise<void> {
  const sealed = await source.sealedValues();
  if (sealed.length > 0 && !sealer)
    throw new CopyRefusal(
      'key',
      'The key of this installation is missing: set SECRETS_KEY to the one that it runs with, or put secrets.key back beside its database',
    );
  try {
    for (const value of sealed) sealer!.open(value);
  } catch {
    throw new CopyRefusal(
      'key',
      'The key does not open what the database holds: set SECRETS_KEY to the one that this installation runs with',
    );
  }
}

async function copy(source: SqliteSource, target: PostgresTarget, table: SourceTable): Promise<number> {
  const written = asWritten(target, table);
  let count = 0;
  for await (const page of source.pages(table)) {
    await target.insert(table, page.map(written));
    count += page.length;
  }
  await target.numberOn(table);
  return count;
}

async function compare(source: SqliteSource, target: PostgresTarget, table: SourceTable): Promise<void> {
  const written = asWritten(target, table);
  const next = await target.readInOrder(table);
  for await (const page of source.pages(table)) {
    const found = await next(page.length);
    for (const [n, row] of page.entries()) {
      const other = found[n];
      const place = written(row).findIndex((value, place) => !isSameValue(value, other?.[place]));
      if (place === -1) continue;
      const key = table.key.map((column) => `${column} ${String(row[column])}`).join(', ');
      throw new Error(`the row with ${key} ${other ? `differs in ${table.columns[place]}` : 'is missing'}`);
    }
  }
  if ((await next(1)).length > 0) throw new Error('there are more rows than were copied');
}

function asWritten(target: PostgresTarget, table: SourceTable): (row: SourceRow) => TargetRow {
  const types = target.typesOf(table);
  return (row) => table.columns.map((column, place) => copiedValue(types[place]!, row[column]));
}

async function told<T>({ name }: SourceTable, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw new Error(`The table ${name} could not be copied: ${(cause as Error).message}`, { cause });
  }
}
