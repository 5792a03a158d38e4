import { z } from 'zod';

/** The largest number of a column of type `integer`. */
const INTEGER_MAX = 2 ** 31 - 1;

/**
 * The number of a row, as a field of a request. One that is larger than any row's is taken as 0, which no row has:
 * PostgreSQL refuses to compare it, and the answer is to be the one for a row that is not there.
 */
export function numberedRow(complaint?: string) {
  const number = z.int(complaint).min(1, complaint);
  return number.transform((value) => (value > INTEGER_MAX ? 0 : value));
}
