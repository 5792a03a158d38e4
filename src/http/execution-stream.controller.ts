import { Controller, Get, Inject, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { type Caller, permissionMissing, validationSentences } from '../bus/index.ts';
import { Authenticator } from '../features/access/index.ts';
import { executionStatuses, ExecutionStreams } from '../features/executions/index.ts';
import { AppError } from '../platform/errors.ts';
import { callerOf } from './authenticate-first.ts';

const PERMISSION = 'executions:read';
const filter = z.strictObject({
  key: z.string().min(1).max(200).optional(),
  status: z.enum(executionStatuses).optional(),
});

/** `GET /api/executions/stream`: each change of an execution as a server-sent event (contract §6). */
@Controller('api/executions')
export class ExecutionStreamController {
  constructor(
    @Inject(ExecutionStreams) private readonly streams: ExecutionStreams,
    @Inject(Authenticator) private readonly authenticator: Authenticator,
  ) {}

  @Get('stream')
  async stream(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const caller = callerOf(request);
    if (!caller.permissions.has(PERMISSION)) throw permissionMissing(PERMISSION);
    const lastEventId = request.headers['last-event-id'];
    const wish = {
      ...filterOf(request.query),
      accountId: caller.accountId,
      ...(typeof lastEventId === 'string' && { lastEventId }),
      isStillAllowed: () => this.isStillAllowed(request, caller),
    };
    const stream = await this.streams.admit(caller.id, wish);
    reply.hijack();
    reply.raw.writeHead(200, {
      ...(reply.getHeaders() as Record<string, string>),
      'content-type': 'text/event-stream; charset=utf-8',
      // A proxy that gathers or rewrites the answer would hold the events back.
      'cache-control': 'no-store, no-transform',
      'x-accel-buffering': 'no',
    });
    if (request.method === 'HEAD') {
      stream.abandon();
      reply.raw.end();
    } else stream.begin(reply.raw);
  }

  private async isStillAllowed({ headers }: FastifyRequest, before: Caller): Promise<boolean> {
    try {
      const { permissions, accountId } = await this.authenticator.authenticate(headers);
      return permissions.has(PERMISSION) && accountId === before.accountId;
    } catch {
      return false;
    }
  }
}

function filterOf(query: unknown): z.output<typeof filter> {
  const parsed = filter.safeParse({ ...(query as object) }, { reportInput: true });
  if (parsed.success) return parsed.data;
  throw new AppError({
    code: 'http.invalid',
    kind: 'invalid',
    publicMessage: 'Validation failed',
    details: validationSentences(parsed.error),
  });
}
