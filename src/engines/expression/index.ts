/** FEEL and JSON Schema of strangers, evaluated in killable processes. */
export { expressionMetrics } from './expression-metrics.ts';
export { ExpressionPool } from './expression-pool.ts';
export {
  type ExpressionOutcome,
  ExpressionProgram,
  type ExpressionStep,
  type StepVerdict,
} from './expression-program.ts';
