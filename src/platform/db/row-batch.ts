import { layOut, type LaidOutPayloads, type Payload } from './payload-packs.ts';

/** A table whose rows are written many at once: one constant for each, statements are prepared for it. */
export interface HotTable {
  name: string;
  /** In the order in which `values` come. */
  columns: readonly string[];
  /** Columns after the others whose values are added to what is stored: `columns` are the key, which has to be unique. */
  counters?: readonly string[];
  /** The column that says where a row's payload lies. */
  payloadColumn?: string;
  /** What a row does whose key is there already, as it stands after ON CONFLICT: `(id) DO UPDATE SET …`. */
  onConflict?: string;
  /** True: what equals a row in these columns is deleted, after all that is inserted with the same commit. */
  removes?: boolean;
  /**
   * Where each row has to be there: the statement that looks for them, changes them if it is to, and gives a row for
   * each that it found. @param given what stands in FROM for the values, as `given (…columns)`. With one of them
   * missing nothing of what comes with it is stored: `RowNotThere`. Only for PostgreSQL, where others write too.
   */
  finds?: (given: string) => string;
}

/** A row that had to be there is not: whoever wrote counted on something that others have changed since. */
export class RowNotThere extends Error {}

/** One row, to be written with the next commit. */
export interface TableRow {
  table: HotTable;
  values: readonly unknown[];
  payload?: Payload;
  /** Called when it is on disk, before anybody is told; never otherwise. Must not throw. */
  afterCommit?: () => void;
}

/** Rows that are written together. */
export interface RowBatch extends Omit<LaidOutPayloads, 'places'> {
  /** For each table its rows, the place of the payload last. Tables in one order whatever the order of the rows. */
  tables: ReadonlyMap<HotTable, readonly (readonly unknown[])[]>;
}

/** Brings rows of one table together, adds up what is counted and lays payloads out. */
export function rowBatch(rows: readonly TableRow[]): RowBatch {
  const payloads = rows.flatMap(({ payload }) => (payload ? [payload] : []));
  const { places, packs, plain } = layOut(payloads);
  const tables = new Map<HotTable, (readonly unknown[])[]>();
  let placed = 0;
  for (const { table, values, payload } of rows) {
    const row = table.payloadColumn ? [...values, payload ? places[placed++] : null] : values;
    const known = tables.get(table);
    if (known) known.push(row);
    else tables.set(table, [row]);
  }
  for (const [table, counted] of tables) if (table.counters) tables.set(table, addedUp(table, counted));
  return { tables: tables.size > 1 ? new Map([...tables].sort(inOneOrder)) : tables, packs, plain };
}

/** How much of a row is large: bytes, of texts characters. */
export function payloadLength({ payload }: TableRow): number {
  let length = 0;
  for (const part of payload ?? []) length += part?.length ?? 0;
  return length;
}

/** The rows that count. @throws TypeError where one cannot: written later than the others, it would take all with it. */
export function countsIn(rows: readonly TableRow[]): TableRow[] {
  const counts = rows.filter(({ table }) => table.counters);
  for (const { values } of counts) {
    if (values.some((value) => typeof value === 'number' && !Number.isFinite(value)))
      throw new TypeError('A number is no value for a column');
  }
  return counts;
}

export function withoutCounts(rows: readonly TableRow[]): TableRow[] {
  return rows.filter(({ table }) => !table.counters);
}

/** One row for each key: thirty calls of one configuration in a commit count with one row and not with thirty. */
function addedUp({ columns }: HotTable, rows: readonly (readonly unknown[])[]): (readonly unknown[])[] {
  const keyLength = columns.length;
  const sums = new Map<string, unknown[]>();
  let sum: unknown[] | undefined;
  for (const row of rows) {
    // Nearly always that of the row before: 0.08 µs a row instead of 0.56.
    if (!sum || !haveOneKey(sum, row, keyLength)) {
      const key = JSON.stringify(row.slice(0, keyLength));
      sum = sums.get(key);
      if (!sum) {
        sums.set(key, (sum = [...row]));
        continue;
      }
    }
    for (let at = keyLength; at < row.length; at++) sum[at] = (sum[at] as number) + (row[at] as number);
  }
  return [...sums.values()];
}

function haveOneKey(a: readonly unknown[], b: readonly unknown[], keyLength: number): boolean {
  for (let at = 0; at < keyLength; at++) if (a[at] !== b[at]) return false;
  return true;
}

type TableRows = readonly [HotTable, unknown];

function inOneOrder([a]: TableRows, [b]: TableRows): number {
  if (Boolean(a.finds) !== Boolean(b.finds)) return a.finds ? -1 : 1;
  if (Boolean(a.removes) !== Boolean(b.removes)) return a.removes ? 1 : -1;
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}

/** The statement that writes rows of a table. @param rows a SELECT with a WHERE, or VALUES. */
export function writeStatement(table: HotTable, rows: string): string {
  const { name } = table;
  if (table.finds) throw new TypeError(`On this database nobody else writes ${name}`);
  const columns = columnsOf(table).join(',');
  if (table.removes) return `DELETE FROM ${name} WHERE (${columns}) IN (${rows});`;
  const conflict = table.counters ? countOn(table, table.counters) : table.onConflict;
  return `INSERT INTO ${name} (${columns}) ${rows}${conflict ? ` ON CONFLICT ${conflict}` : ''};`;
}

function countOn({ name, columns }: HotTable, counters: readonly string[]): string {
  const sums = counters.map((counter) => `${counter} = ${name}.${counter} + excluded.${counter}`);
  return `(${columns.join(',')}) DO UPDATE SET ${sums.join(',')}`;
}

/** The columns in the order in which a batch has its values. */
export function columnsOf({ columns, counters = [], payloadColumn }: HotTable): readonly string[] {
  return [...columns, ...counters, ...(payloadColumn ? [payloadColumn] : [])];
}
