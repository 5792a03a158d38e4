import type { Writable } from 'node:stream';
import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { AppError } from '../../platform/errors.ts';
import { ExecutionChanges } from './execution-changes.ts';
import { ExecutionStream, type StreamWish } from './execution-stream.ts';

const STREAMS_PER_CALLER_MAX = 20;
/** A sign of life, and another look at whether the caller may still watch. */
const TICK_MS = 15_000;
/** Whoever comes again within this time finds every change that he has missed. */
const LINGER_MS = 120_000;

/** A stream that has been admitted; its answer can begin. */
export interface AdmittedStream {
  /** Writes until the sink closes, the caller may not watch any more or the server stops. */
  begin(sink: Writable): void;
  /** For an answer that does not begin. */
  abandon(): void;
}

/** Everybody who watches executions at the moment. */
@Injectable()
export class ExecutionStreams implements OnModuleDestroy {
  private readonly open = new Set<ExecutionStream>();
  private readonly countOf = new Map<string, number>();
  private ticking: NodeJS.Timeout | null = null;
  private resting: NodeJS.Timeout | null = null;
  private isStopping = false;

  constructor(private readonly changes: ExecutionChanges) {}

  get size(): number {
    return this.open.size;
  }

  /** @throws AppError 429 when this caller has too many already, 503 while the server stops. */
  async admit(callerId: string, wish: StreamWish): Promise<AdmittedStream> {
    const count = this.countOf.get(callerId) ?? 0;
    if (this.isStopping) throw stopping();
    if (count >= STREAMS_PER_CALLER_MAX) throw tooManyStreams();
    this.countOf.set(callerId, count + 1);
    const stream = new ExecutionStream(this.changes, wish, () => performance.now());
    const wake = () => stream.wake();
    const leave = () => this.leave(callerId, stream, wake);
    this.open.add(stream);
    this.keepTicking();
    try {
      await this.changes.watch(wake);
    } catch (unavailable) {
      leave();
      throw unavailable;
    }
    return { begin: (sink) => this.begin(stream, sink, leave), abandon: leave };
  }

  /** Before the server closes: it waits for answers to end, and these have no end of their own. */
  onModuleDestroy(): void {
    this.endAll();
  }

  /** Ends the streams of the moment and admits no more. */
  endAll(): void {
    this.isStopping = true;
    for (const stream of this.open) stream.end();
    if (this.resting) clearTimeout(this.resting);
  }

  /** One sign of life for all. */
  async tick(): Promise<void> {
    await Promise.all([...this.open].map((stream) => stream.tick()));
  }

  private begin(stream: ExecutionStream, sink: Writable, leave: () => void): void {
    // Who has hung up meanwhile closes no more.
    if (sink.destroyed || this.isStopping) {
      sink.destroy();
      leave();
      return;
    }
    sink.once('close', leave);
    sink.on('error', () => undefined);
    stream.begin(sink);
  }

  private leave(callerId: string, stream: ExecutionStream, wake: () => void): void {
    if (!this.open.delete(stream)) return;
    stream.end();
    this.changes.leave(wake);
    const count = (this.countOf.get(callerId) ?? 1) - 1;
    if (count === 0) this.countOf.delete(callerId);
    else this.countOf.set(callerId, count);
    if (this.open.size > 0) return;
    if (this.ticking) clearInterval(this.ticking);
    this.ticking = null;
    if (!this.isStopping) this.resting = setTimeout(() => this.changes.rest(), LINGER_MS).unref();
  }

  private keepTicking(): void {
    if (this.resting) clearTimeout(this.resting);
    this.ticking ??= setInterval(() => void this.tick(), TICK_MS).unref();
  }
}

function tooManyStreams(): AppError {
  return new AppError({
    code: 'execution.too-many-streams',
    kind: 'too-many',
    publicMessage: 'Too many streams',
    details: [`At most ${STREAMS_PER_CALLER_MAX} streams may be open at once; close another first`],
    retryAfterSeconds: 15,
  });
}

function stopping(): AppError {
  return new AppError({
    code: 'http.unavailable',
    kind: 'unavailable',
    publicMessage: 'Service unavailable',
    details: ['The server is stopping; try again'],
    retryAfterSeconds: 2,
  });
}
