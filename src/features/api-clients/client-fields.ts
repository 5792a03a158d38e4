import { z } from 'zod';

export const clientName = z.string().trim().min(1).max(200);

/** Seconds during which the old credential still works, at most a week. */
export const overlapSeconds = z.int().min(0).max(604_800).default(0);
