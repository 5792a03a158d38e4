import { asAppError } from '../errors.ts';

/** Between two tries while the database is away. */
const STORE_AGAIN_MS = 100;

/** What was done is stored again and again while the database is away, and is never done again for that. */
export async function untilStored<T>(store: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await store();
    } catch (cause) {
      if (asAppError(cause).code !== 'database.unavailable') throw cause;
      await new Promise((resolve) => setTimeout(resolve, STORE_AGAIN_MS).unref());
    }
  }
}
