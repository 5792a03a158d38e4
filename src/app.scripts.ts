import type { Config } from './config.ts';
import { ScriptPool } from './engines/script/index.ts';
import type { Logger } from './platform/logger.ts';

/** The pool of script workers as it is configured, not started yet. */
export function scriptPool(config: Config, logger: Logger): ScriptPool {
  return new ScriptPool({
    workers: config.scriptWorkers,
    isolation: config.scriptIsolation,
    onIncident: (message) => logger.warn({ incident: message }, 'script worker'),
  });
}
