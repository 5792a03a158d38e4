/** When a notification that nobody could confirm yet is asked about again. */

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
/** What is not confirmed by then is left to those who can ask by hand. */
const GIVEN_UP_AFTER_MS = 72 * HOUR_MS;
/** No sooner and no later than this after the last time; in between as long as it is waited for already. */
const PAUSE_MS_MIN = 5 * SECOND_MS;
const PAUSE_MS_MAX = HOUR_MS;

/** Milliseconds since 1970; null: never again. Pauses double: after 5 s, 10 s, 20 s and so on up to an hour. @param since when it was said, or said again. */
export function nextCheckAt(since: number, now: number): number | null {
  const waited = Math.max(0, now - since);
  if (waited >= GIVEN_UP_AFTER_MS) return null;
  return now + Math.min(Math.max(waited, PAUSE_MS_MIN), PAUSE_MS_MAX);
}
