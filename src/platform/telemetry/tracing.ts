import type { IncomingHttpHeaders } from 'node:http';

/** A piece of work in a trace. Attributes name things and outcomes; payloads, URLs and secrets are none. */
export interface SpanStart {
  name: string;
  kind: 'server' | 'consumer' | 'internal' | 'client';
  attributes: SpanAttributes;
  /** Where it comes from outside: headers that may have a `traceparent`. */
  from?: IncomingHttpHeaders;
  /** Milliseconds since 1970; absent: now. */
  startedAt?: number;
}

export type SpanAttributes = Readonly<Record<string, string | number>>;

/** A piece of work under way. */
export interface Span {
  note(attributes: SpanAttributes): void;
  /** It went wrong: a code, never a message. */
  fail(code: string): void;
  /** What tells another system that its work belongs to this. */
  headers(): Record<string, string>;
}

/** Follows work through the house; what begins within a span is a part of it. */
export interface Tracer {
  within<T>(start: SpanStart, work: (span: Span) => Promise<T>): Promise<T>;
  /** Where this is, for work that comes back by another way. */
  here(): <T>(work: () => T) => T;
  /** Sends what is left, for a moment, and no more. */
  stop(): Promise<void>;
}

let tracer: Tracer | null = null;

/** Null, as long as nobody wants traces: then they cost a look at this. */
export function currentTracer(): Tracer | null {
  return tracer;
}

/** Before the first piece of work. */
export function traceWith(chosen: Tracer | null): void {
  tracer = chosen;
}
