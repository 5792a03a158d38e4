import type { SealedPack } from './payload-packs.ts';
import type { ColumnTypes } from './postgres-settings.ts';
import { columnsOf, type HotTable, writeStatement } from './row-batch.ts';
import { storedValue } from './stored-text.ts';

/** A statement with its values, numbered from `$1`. */
export interface BoundStatement {
  text: string;
  values: unknown[];
  /** What it writes to: statements that may not stand together in one have the same. */
  table?: string;
  /** How many rows it has to give: see `HotTable.finds`. */
  finds?: number;
  /** True: what it looks for lies in a table that is empty at one moment and has 100,000 rows at the next. */
  isPlannedAnew?: boolean;
}

type Rows = readonly (readonly unknown[])[];

/** What packs are written with. Binary values: as arrays they would travel as text, twice as long. */
export function packsStatement(packs: readonly SealedPack[]): BoundStatement {
  const places = packs.map((_, n) => `($${2 * n + 1}::text,$${2 * n + 2}::bytea)`);
  return {
    text: `INSERT INTO payload_packs (id,sealed) VALUES ${places.join(',')}`,
    values: packs.flatMap(({ id, sealed }) => [id, sealed]),
    table: 'payload_packs',
  };
}

/**
 * What rows of one table are written with: one array for each column, so that one prepared text serves any number of
 * rows. More than one statement where a key comes more than once, because PostgreSQL changes no row twice in one.
 */
export function tableStatements(table: HotTable, rows: Rows, types: ColumnTypes): BoundStatement[] {
  if (table.finds) return [findingStatement(table, table.finds, rows, types)];
  const key = keyOf(table);
  const waves =
    key.length === 0
      ? [rows]
      : wavesOf(
          rows,
          key.map((name) => columnsOf(table).indexOf(name)),
        );
  return waves.map((wave) => {
    // All processes take the locks of rows in the same order: none then waits for another in a circle.
    const order = key.length === 0 ? '' : ` ORDER BY ${key.join(',')}`;
    const source = `SELECT * FROM ${givenRows(table, types)}${order}`;
    return {
      text: writeStatement(table, source).replace(/;$/, ''),
      values: valuesByColumn(table, wave),
      table: table.name,
    };
  });
}

/** What it finds is apart from what is written to its table: each of them is another row. */
function findingStatement(
  table: HotTable,
  statement: (given: string) => string,
  rows: Rows,
  types: ColumnTypes,
): BoundStatement {
  const text = statement(givenRows(table, types));
  return {
    text,
    values: valuesByColumn(table, rows),
    table: text,
    finds: rows.length,
    isPlannedAnew: true,
  };
}

function givenRows(table: HotTable, types: ColumnTypes): string {
  const columns = columnsOf(table);
  const ofTable = types.get(table.name);
  const arrays = columns.map((column, n) => `$${n + 1}::${ofTable?.get(column) ?? 'text'}[]`);
  return `unnest(${arrays.join(',')}) AS given (${columns.join(',')})`;
}

function valuesByColumn(table: HotTable, rows: Rows): unknown[][] {
  return columnsOf(table).map((_, n) => rows.map((row) => boundValue(row[n])));
}

/** What is no value on SQLite is none here: a NaN, which PostgreSQL would keep. */
function boundValue(value: unknown): unknown {
  if (typeof value === 'number' && !Number.isFinite(value))
    throw new TypeError('A number is no value for a column');
  return storedValue(value);
}

/** All of them as one, which commits by itself; null where they have to follow each other. */
export function asOneStatement(statements: readonly BoundStatement[]): BoundStatement | null {
  if (new Set(statements.map(({ table }) => table)).size < statements.length) return null;
  if (statements.length === 1 && statements[0]!.finds === undefined) return statements[0]!;
  const values: unknown[] = [];
  const parts = statements.map(({ text, values: own }, n) => {
    const before = values.length;
    values.push(...own);
    return `part${n} AS (${text.replaceAll(/\$(\d+)/g, (_, place: string) => `$${Number(place) + before}`)})`;
  });
  const checks = statements.flatMap(({ finds }, n) =>
    finds === undefined ? [] : [check(`part${n}`, values.push(finds))],
  );
  return {
    text: `WITH ${parts.join(', ')} SELECT ${checks.join(', ') || '1'}`,
    values,
    isPlannedAnew: checks.length > 0,
  };
}

/** Fails, and the whole statement with it, where a part has not found all its rows: a text that is no number. */
function check(part: string, place: number): string {
  return `(SELECT CASE WHEN count(*) = $${place}::int THEN 0
    ELSE ('rows not there: ' || $${place}::int - count(*))::int END FROM ${part})`;
}

/** The columns that say which row it is, where rows that are there already are changed. */
function keyOf({ columns, counters, onConflict, removes }: HotTable): readonly string[] {
  if (removes) return [];
  if (counters) return columns;
  const [, names] = /^\(([^)]+)\)/.exec(onConflict ?? '') ?? [];
  return names?.split(/,\s*/) ?? [];
}

/** The rows in their order, parted so that no key comes twice in one part. */
function wavesOf(rows: Rows, places: readonly number[]): Rows[] {
  const times = new Map<string, number>();
  const waves: (readonly unknown[])[][] = [];
  for (const row of rows) {
    const key = places.map((place) => String(row[place])).join('\n');
    const time = times.get(key) ?? 0;
    times.set(key, time + 1);
    (waves[time] ??= []).push(row);
  }
  return waves;
}
