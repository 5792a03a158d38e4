import type { ScriptLimits } from '../../engines/script/index.ts';

/** A run that nobody waits for may take this long in all (contract §5.4). */
export const ASYNC_TOTAL_MS = 15 * 60_000;

/** The limits of every script, from the operator's settings. */
export abstract class ScriptLimitDefaults implements ScriptLimits {
  abstract readonly runningMs: number;
  abstract readonly totalMs: number;
  abstract readonly memoryMb: number;
  abstract readonly callsMax: number;
  abstract readonly logBytesMax: number;
  abstract readonly resultBytesMax: number;
}
