import { parseJson } from '../../platform/json-text.ts';
import type { ExpressionJob } from './expression-job.ts';
import type { ExpressionOutcome, ProgramAnswer } from './expression-program.ts';

/** What a worker's answer says. */
export function outcomeOf(json: string): ExpressionOutcome {
  try {
    const answer = parseJson(json) as ProgramAnswer;
    return answer === 'unparsable' ? { kind: 'unparsable' } : { kind: 'done', verdicts: answer };
  } catch {
    return goneOutcome;
  }
}

/** Nobody knows what it would have given. */
export const goneOutcome: ExpressionOutcome = {
  kind: 'unavailable',
  message: 'The worker that evaluated the expressions went away',
};

export function memoryOutcome({ program }: ExpressionJob): ExpressionOutcome {
  return { kind: 'limit', limit: 'memory', message: `${program.label} used too much memory` };
}

export function timeOutcome({ program }: ExpressionJob, runningMs: number): ExpressionOutcome {
  return {
    kind: 'limit',
    limit: 'running-time',
    message: `${program.label} ran longer than ${runningMs} ms`,
  };
}

/** What a check found, or null. @throws where it could not be told. */
export function faultIn(outcome: ExpressionOutcome): string | null {
  if (outcome.kind === 'limit') return 'it is too large to be checked';
  if (outcome.kind !== 'done')
    throw new Error('message' in outcome ? outcome.message : 'It could not be checked');
  const [verdict] = outcome.verdicts;
  if (verdict?.kind === 'value') return verdict.value as string | null;
  return verdict && 'message' in verdict ? verdict.message : 'it could not be checked';
}
