import { AppError } from '../../platform/errors.ts';
import type { ScriptVerdict } from './script-run.ts';

/** How a script's verdict is told to the caller; null where it is an answer and no failure. */
export function scriptFailure(verdict: ScriptVerdict): AppError | null {
  switch (verdict.kind) {
    case 'returned':
    case 'responded':
      return null;
    case 'threw':
      return new AppError({ code: 'script.threw', kind: 'surprise', details: [verdict.message] });
    case 'limit':
      return new AppError({
        code: `script.limit-${verdict.limit}`,
        kind: verdict.limit === 'running-time' || verdict.limit === 'total-time' ? 'timed-out' : 'surprise',
        details: [verdict.message],
      });
    case 'unparsable-body':
      return new AppError({ code: 'webhook.malformed-body', kind: 'invalid', details: [verdict.message] });
    case 'unavailable':
      return new AppError({
        code: 'script.unavailable',
        kind: 'unavailable',
        details: [verdict.message],
        retryAfterSeconds: 2,
      });
  }
}
