import { z } from 'zod';
import type { IdPrefix } from '../platform/ids.ts';

/** The fields of a list whose pages follow each other by the ids of its rows. */
export function pageFields(prefix: IdPrefix) {
  return {
    pageSize: z.int().min(1).max(100).default(20),
    cursor: z
      .string()
      .max(100)
      .regex(new RegExp(`^${prefix}_[0-9a-f-]+$`), 'must be the nextCursor of the page before')
      .optional(),
  };
}
