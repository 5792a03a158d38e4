import type { ColumnOptions } from 'typeorm';

/** A point in time as milliseconds since 1970; PostgreSQL gives such numbers as text. */
export const timeColumn: ColumnOptions = {
  type: 'bigint',
  transformer: {
    to: (value: number | null | undefined) => value,
    from: (value: string | number | null) => (value === null ? null : Number(value)),
  },
};
