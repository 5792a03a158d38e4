import type { FastifyInstance, FastifyReply } from 'fastify';
import type { ChangeFeed } from '../platform/db/index.ts';
import { AppError } from '../platform/errors.ts';
import { sendError } from './error-answer.ts';

/** While this process does not know what others may have changed, it answers nothing that depends on it: only health and metrics. Others wait a moment. */
export function refuseWhenCutOff(server: FastifyInstance, changes: ChangeFeed): void {
  const whenCurrent = async (reply: FastifyReply, goOn: () => void): Promise<void> => {
    if (await changes.untilCurrent()) goOn();
    else sendError(reply, cutOff());
  };
  server.addHook('onRequest', (request, reply, done) => {
    if (!changes.isCutOff || /^\/(health|metrics)\b/.test(request.url)) done();
    else void whenCurrent(reply, done);
  });
}

/** Somebody's rights, or a configuration, may have been taken back without this process knowing. */
export function cutOff(): AppError {
  return new AppError({
    code: 'database.cut-off',
    kind: 'unavailable',
    publicMessage: 'The database is not available',
    details: [
      'This instance has not heard from the database for more than a second; nothing was done; try again',
    ],
    retryAfterSeconds: 1,
  });
}
