import { type ArgumentsHost, Catch, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { Logger } from '../platform/logger.ts';
import { errorOf, sendError } from './error-answer.ts';
import { requestIdOf } from './request-id.ts';

/** Translates whatever a controller throws; what we did not foresee goes to the log and not to the caller. */
@Catch()
export class ErrorFilter implements ExceptionFilter {
  constructor(private readonly logger: Logger) {}

  catch(thrown: unknown, host: ArgumentsHost): void {
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    const error = errorOf(thrown);
    if (error.kind === 'surprise' || error.kind === 'unavailable') {
      this.logger.error(
        { requestId: requestIdOf(reply), code: error.code, err: error.cause ?? error },
        'request failed',
      );
    }
    sendError(reply, error);
  }
}
