import { z } from 'zod';

/** A field that holds a time. */
export const timeField = z.iso.datetime({
  offset: true,
  error: 'must be a time in ISO 8601, such as 2026-01-31T12:00:00Z',
});
