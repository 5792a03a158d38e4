import { AsyncLocalStorage } from 'node:async_hooks';
import { AppError } from '../errors.ts';

/** How long somebody waits for a commit in doubt to be known. */
const PATIENCE_MS = 5_000;

/** Called when a commit that somebody waits for is in doubt. @param known when that is over. */
export type OnDoubt = (known: Promise<void>) => void;

const waiting = new AsyncLocalStorage<OnDoubt>();

/**
 * Does work for somebody who has to be told something: where the database was lost in the middle of one of its commits
 * and does not say for five seconds what became of it, the answer is that nobody knows. The work goes on meanwhile.
 * @throws AppError 503 `database.outcome-unknown`.
 */
export function toldInTime<T>(work: () => Promise<T>): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const onDoubt: OnDoubt = (known) => {
      const timer = setTimeout(() => reject(outcomeUnknown()), PATIENCE_MS);
      void known.then(() => clearTimeout(timer));
    };
    waiting.run(onDoubt, work).then(resolve, reject);
  });
}

/** Of whoever waits for what is done here; undefined where nobody does, or for as long as it takes. */
export function onDoubt(): OnDoubt | undefined {
  return waiting.getStore();
}

function outcomeUnknown(): AppError {
  return new AppError({
    code: 'database.outcome-unknown',
    kind: 'unavailable',
    publicMessage: 'It is not known whether this was done',
    details: ['The database was lost in the middle of it; look what there is before you send it again'],
  });
}
