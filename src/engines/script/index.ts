/** The script sandbox: JavaScript of strangers, run in killable processes. */
export { assertSafeRuntime } from './runtime-safety.ts';
export type { PinnedStart } from './frames-run.ts';
export { scriptFailure } from './script-failure.ts';
export { scriptMetrics } from './script-metrics.ts';
export { ScriptPool } from './script-pool.ts';
export type { ScriptBodyKind, ScriptLimits, ScriptOutcome, ScriptRequest } from './script-run.ts';
