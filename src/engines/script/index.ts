/** The script sandbox: JavaScript of strangers, run in killable processes. */
export { assertSafeRuntime } from './runtime-safety.ts';
export { ScriptPool, type ScriptPoolOptions, type ScriptPoolStats } from './script-pool.ts';
export type {
  ScriptBodyKind,
  ScriptCall,
  ScriptLimitName,
  ScriptLimits,
  ScriptLogLine,
  ScriptOutcome,
  ScriptRequest,
  ScriptVerdict,
} from './script-run.ts';
