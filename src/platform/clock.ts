import { Injectable } from '@nestjs/common';

/** The one source of "now" (milliseconds since 1970), so that tests can stand still. */
@Injectable()
export class Clock {
  now(): number {
    return Date.now();
  }
}

/** ISO 8601 in UTC, as every answer shows times. */
export function isoTime(epochMs: number): string {
  return new Date(epochMs).toISOString();
}
