import { Controller, HttpCode, Inject, Post, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Dispatched, Dispatcher, type Order, refused } from '../bus/index.ts';
import { toldInTime } from '../platform/db/index.ts';
import { AppError, asAppError } from '../platform/errors.ts';
import { currentTracer, type Tracer } from '../platform/telemetry/tracing.ts';
import { WorkDepth } from '../platform/work-depth.ts';
import { callerOf } from './authenticate-first.ts';
import { HttpLog } from './http-log.ts';
import { readJsonObject } from './json-body.ts';
import { rawBodyOf } from './raw-body.ts';
import { requestIdOf } from './request-id.ts';

/** `POST /api/bpm/cmd`: every command and query, as `$type`-tagged JSON (contract §3). */
@Controller('api/bpm')
export class CommandController {
  constructor(
    @Inject(Dispatcher) private readonly dispatcher: Dispatcher,
    @Inject(HttpLog) private readonly log: HttpLog,
    @Inject(WorkDepth) private readonly depths: WorkDepth,
  ) {}

  @Post('cmd')
  @HttpCode(200)
  async command(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const began = performance.now();
    const requestId = requestIdOf(reply);
    const caller = callerOf(request);
    const { $type: type, ...input } = readJsonObject(request.headers, rawBodyOf(request));
    if (typeof type !== 'string' || type === '') throw typeMissing();
    const depth = this.depths.depthIn(request.headers);
    // Work that comes this way goes on with its depth: it could else go round and round by commands.
    const origin = { requestId, ...(depth > 0 && { depth }) };
    const order = { type, input, caller, origin };
    const tracer = currentTracer();
    const dispatched = await toldInTime(() =>
      tracer ? this.traced(tracer, request, order) : this.dispatcher.dispatch(order),
    ).catch((thrown: unknown) => refused(asAppError(thrown)));
    this.note(dispatched, {
      requestId,
      type: type.slice(0, 100),
      callerId: caller.id,
      durationMs: Math.round(performance.now() - began),
    });
    this.answer(reply, dispatched);
  }

  private traced(tracer: Tracer, { headers }: FastifyRequest, order: Order): Promise<Dispatched> {
    const attributes = { 'http.request.method': 'POST', 'http.route': '/api/bpm/cmd' };
    const start = { name: 'POST /api/bpm/cmd', kind: 'server', from: headers, attributes } as const;
    return tracer.within(start, async (span) => {
      const dispatched = await this.dispatcher.dispatch(order);
      span.note({ 'http.response.status_code': dispatched.status });
      if (dispatched.status > 499) span.fail(dispatched.error!.code);
      return dispatched;
    });
  }

  private answer(reply: FastifyReply, { status, envelope, error }: Dispatched): void {
    if (error?.retryAfterSeconds !== undefined)
      void reply.header('retry-after', String(error.retryAfterSeconds));
    void reply.status(status).type('application/json; charset=utf-8').send(JSON.stringify(envelope));
  }

  /** One line for each command; a surprise brings its cause. */
  private note({ status, error }: Dispatched, line: object): void {
    if (error && (error.kind === 'surprise' || error.kind === 'unavailable')) {
      // What has no cause has a sentence for its caller, which may hold what he sent: its code is enough here.
      const cause = error.cause !== undefined && { err: error.cause };
      this.log.error({ ...line, status, code: error.code, ...cause }, 'command failed');
    } else {
      this.log.info({ ...line, status, ...(error && { code: error.code }) }, 'command');
    }
  }
}

function typeMissing(): AppError {
  return new AppError({
    code: 'bus.unknown-command',
    kind: 'invalid',
    publicMessage: 'Unknown command',
    details: ['The body has no $type that names a command'],
  });
}
