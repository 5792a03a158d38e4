import type { Logger } from '../platform/logger.ts';

/** The process's log as the edge gets it injected; a pino logger is provided under this name. */
export abstract class HttpLog {
  abstract info: Logger['info'];
  abstract error: Logger['error'];
}
