import { layOut, type LaidOutPayloads, type Payload } from './payload-packs.ts';

/** A table that is written by multi-row INSERT; columns in the order in which `values` come. */
export interface HotTable {
  name: string;
  columns: readonly string[];
  /** The column that says where a row's payload lies. */
  payloadColumn?: string;
}

/** One row, to be inserted with the next commit. */
export interface TableRow {
  table: HotTable;
  values: readonly unknown[];
  payload?: Payload;
}

/** Rows that are inserted together. */
export interface RowBatch extends Omit<LaidOutPayloads, 'places'> {
  /** For each table its rows, the place of the payload last. */
  tables: ReadonlyMap<HotTable, readonly (readonly unknown[])[]>;
}

/** Brings rows of one table together and lays their payloads out. */
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
  return { tables, packs, plain };
}

/** The columns as an INSERT names them. */
export function columnsOf({ columns, payloadColumn }: HotTable): readonly string[] {
  return payloadColumn ? [...columns, payloadColumn] : columns;
}
