import type { LoggerService } from '@nestjs/common';
import { pino, type Logger, type LoggerOptions } from 'pino';

export type { Logger };

/** Names of fields whose values never reach a log line, wherever they stand. */
const redactedPaths = [
  '*.authorization',
  '*.password',
  '*.secret',
  '*.token',
  'authorization',
  'password',
  'secret',
  'token',
];

/** The process's log: JSON lines in production, readable lines in development. */
export async function createLogger(options: { level: string; isReadable: boolean }): Promise<Logger> {
  const settings: LoggerOptions = {
    level: options.level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    redact: { paths: redactedPaths, censor: '[masked]' },
    serializers: { err: shownError },
  };
  if (!options.isReadable) return pino(settings);
  const { PinoPretty } = await import('pino-pretty');
  return pino(
    settings,
    PinoPretty({ colorize: false, translateTime: 'SYS:HH:MM:ss', ignore: 'context', sync: true }),
  );
}

/** A failed statement brings along the values that were to be written: what the log says of it is its sentence. */
function shownError(thrown: unknown): unknown {
  if (!(thrown instanceof Error)) return thrown;
  const {
    parameters: _parameters,
    query: _query,
    driverError: _driverError,
    ...shown
  } = pino.stdSerializers.err(thrown) as Record<string, unknown>;
  return shown;
}

/** Nest's own lines go the same way, without its start-up chatter. */
export class NestLog implements LoggerService {
  constructor(private readonly logger: Logger) {}
  log(message: string, context?: string): void {
    this.logger.debug({ context }, message);
  }
  error(message: unknown, stack?: string, context?: string): void {
    this.logger.error({ context, stack }, String(message));
  }
  warn(message: string, context?: string): void {
    this.logger.warn({ context }, message);
  }
  debug(message: string, context?: string): void {
    this.logger.debug({ context }, message);
  }
  verbose(message: string, context?: string): void {
    this.logger.trace({ context }, message);
  }
}
