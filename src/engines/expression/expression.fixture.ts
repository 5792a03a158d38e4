/** What the engine's specs share. */
import { ExpressionPool, ExpressionProgram, type ExpressionStep, type StepVerdict } from './index.ts';

/** A pool as the server has it. */
export function expressionPool(onIncident: (message: string) => void = () => {}): ExpressionPool {
  return new ExpressionPool({ workers: 2, runningMs: 250, heapMb: 80, onIncident });
}

/** A program of expressions over `request`. */
export function programOf(steps: readonly (string | ExpressionStep)[], ownerId = 'owner'): ExpressionProgram {
  return new ExpressionProgram(
    ownerId,
    ['request', 'request.body'],
    steps.map((step) => (typeof step === 'string' ? { kind: 'expression', name: 'It', text: step } : step)),
  );
}

/** The parts of a call with this body. */
export function partsWith(body: unknown): Buffer[] {
  return ['{"method":"POST","headers":{"x-id":"7"}}', JSON.stringify(body)].map((text) => Buffer.from(text));
}

/** The only verdict on one expression or schema. */
export async function verdictOf(
  pool: ExpressionPool,
  step: string | ExpressionStep,
  body: unknown = null,
): Promise<StepVerdict | { kind: string }> {
  const outcome = await pool.evaluate(programOf([step]), partsWith(body));
  return outcome.kind === 'done' ? outcome.verdicts[0]! : outcome;
}
