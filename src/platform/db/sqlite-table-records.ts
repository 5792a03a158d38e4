import { columnsOf, type HotTable, type RowBatch } from './row-batch.ts';

/** The rows of a table, as a commit's statement takes them. */
export interface TableRecords {
  table: HotTable;
  /** Columns with one value in all rows, and that value; of the others each row has its own. */
  shared: ReadonlyMap<number, unknown>;
  /** An array of the rows as JSON, each an array of its own values. */
  json: string;
  /** About how much they bring to the database. */
  bytes: number;
}

/** With fewer rows there is nothing to be gained, and which columns differ is chance. */
const SHARED_FROM_ROWS = 4;
/** NUL and halves of characters are written so, and little else: texts are looked at one by one only then. */
const ESCAPE = '\\u';
const nothing: ReadonlyMap<number, unknown> = new Map();

/**
 * The rows of each table; null where a value is not the same when SQLite reads it back from JSON.
 * Of an execution's 21 columns 5 differ from those of the webhook's other calls: a row costs SQLite 1.2 µs and not 2.9 (55 rows,
 * the best of 80; under load the database's threads took 9.4 µs a script's call and not 11.2).
 *
 * @param mayShare false: each row has all of its values.
 */
export function tableRecords({ tables }: RowBatch, mayShare: boolean): TableRecords[] | null {
  const records: TableRecords[] = [];
  for (const [table, rows] of tables) {
    const shared = mayShare && rows.length >= SHARED_FROM_ROWS ? sharedIn(rows) : nothing;
    if (![...shared.values()].every(survivesJson)) return null;
    const own = [...columnsOf(table).keys()].filter((at) => !shared.has(at));
    for (const row of rows) if (!own.every((at) => isJsonValue(row[at]))) return null;
    const json = JSON.stringify(shared.size === 0 ? rows : rows.map((row) => own.map((at) => row[at])));
    if (json.includes(ESCAPE) && !rows.every((row) => row.every(survivesJson))) return null;
    records.push({ table, shared, json, bytes: json.length + rows.length * lengthOf(shared.values()) });
  }
  return records;
}

function sharedIn(rows: readonly (readonly unknown[])[]): Map<number, unknown> {
  const shared = new Map<number, unknown>();
  for (const [at, value] of rows[0]!.entries())
    if (mayBeShared(value) && rows.every((row) => row[at] === value)) shared.set(at, value);
  return shared;
}

/** Times and durations, larger than 32 bits or no whole numbers, are equal by chance only, and each set of columns has a statement of its own. */
function mayBeShared(value: unknown): boolean {
  return (
    typeof value === 'string' || value === null || (typeof value === 'number' && Object.is(value | 0, value))
  );
}

function lengthOf(values: Iterable<unknown>): number {
  let length = 0;
  for (const value of values) if (typeof value === 'string') length += value.length;
  return length;
}

function isJsonValue(value: unknown): boolean {
  if (typeof value === 'number') return Number.isFinite(value);
  return typeof value === 'string' || value === null || typeof value === 'boolean';
}

function survivesJson(value: unknown): boolean {
  return typeof value !== 'string' || (!value.includes('\0') && value.isWellFormed());
}
