import type { ScriptLimits } from '../../engines/script/index.ts';

/** The limits of every script, from the operator's settings. */
export abstract class ScriptLimitDefaults implements ScriptLimits {
  abstract readonly runningMs: number;
  abstract readonly totalMs: number;
  abstract readonly memoryMb: number;
  abstract readonly callsMax: number;
  abstract readonly logBytesMax: number;
  abstract readonly resultBytesMax: number;
}
