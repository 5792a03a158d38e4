import type { ColumnOptions } from 'typeorm';

/** A point in time as milliseconds since 1970; PostgreSQL gives such numbers as text. */
export const timeColumn: ColumnOptions = {
  type: 'bigint',
  transformer: {
    to: (value: number | null | undefined) => value,
    from: (value: string | number | null) => (value === null ? null : Number(value)),
  },
};

/** Bytes. TypeORM knows no type of that name on both databases; neither driver converts what such a column holds. */
export const bytesColumn: ColumnOptions = { type: 'text' };

/** A number with a fraction, of eight bytes on both. */
export const realColumn: ColumnOptions = { type: 'double precision' };
