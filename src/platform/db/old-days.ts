/** Whole days of a table that are to go at once, where the database keeps each day by itself. */
export interface OldDays {
  table: string;
  /** Milliseconds since 1970: days that end before. */
  before: number;
  /** Which rows of a day stay; null: too many, so that it is not worth it. Its ids are not less than `from` and less than `to`. */
  staying(from: string, to: string): RowCondition | null;
  /** True: where too many stay, the others are deleted one by one, in one statement. Else nothing happens to that day. */
  isThorough?: boolean;
}

/** SQL about the columns of a row, with a `?` for each value. */
export interface RowCondition {
  sql: string;
  values: readonly unknown[];
}

/** Days kept by themselves. */
export interface DayKeeper {
  /** Up to when a table goes in whole days; the moment itself where it goes row by row. */
  wholeDaysBefore(table: string, epochMs: number): number;
  /** Takes them away. What stays of them lies beside the days from then on. @yields after each day of which rows went how many. */
  deleteDays(days: OldDays): AsyncIterable<number>;
}

/** Of a database that keeps all rows of a table together. */
export const noDays: DayKeeper = {
  wholeDaysBefore: (_table, epochMs) => epochMs,
  async *deleteDays() {},
};
