import { AsyncLocalStorage } from 'node:async_hooks';
import type { IncomingHttpHeaders } from 'node:http';
import {
  type Attributes,
  type Context,
  isSpanContextValid,
  ROOT_CONTEXT,
  type Span as OtelSpan,
  SpanKind,
  SpanStatusCode,
  trace,
  TraceFlags,
  type Tracer as OtelTracer,
} from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  BatchSpanProcessor,
  ParentBasedSampler,
  type SpanExporter,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import { VERSION } from '../version.ts';
import type { TracingSettings } from './start-tracing.ts';
import type { Span, SpanStart, Tracer } from './tracing.ts';

/** Spans that wait for a collector, 1 KiB each; what comes on top is dropped. */
const WAITING_MAX = 8_192;
const SENT_TOGETHER_MAX = 512;
const SENT_EVERY_MS = 1_000;
/** How long a slow collector holds the one export under way. */
const EXPORT_MS_MAX = 5_000;
/** What a stop waits for a collector. */
const LAST_EXPORT_MS = 2_000;
/** Between two lines of log about a collector that is away. */
const WARN_EVERY_MS = 60_000;

const kinds: Readonly<Record<SpanStart['kind'], SpanKind>> = {
  server: SpanKind.SERVER,
  consumer: SpanKind.CONSUMER,
  internal: SpanKind.INTERNAL,
  client: SpanKind.CLIENT,
};

/** Traces by OpenTelemetry, sent to a collector as OTLP over HTTP. Nothing of it waits for the collector. */
export class OtlpTracer implements Tracer {
  private readonly provider: TracerProvider;
  private readonly tracer: OtelTracer;
  private readonly context = new AsyncLocalStorage<Context>();
  private warnedAt = -Infinity;

  constructor(
    settings: TracingSettings,
    private readonly warn: (fields: object, message: string) => void,
  ) {
    const exporter = new OTLPTraceExporter({
      url: `${settings.endpoint}/v1/traces`,
      headers: { ...settings.headers },
      timeoutMillis: EXPORT_MS_MAX,
    });
    this.provider = new TracerProvider({
      resource: resourceFromAttributes({
        'service.name': settings.serviceName,
        'service.version': VERSION,
      }),
      sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(settings.ratio) }),
      spanProcessors: [
        new BatchSpanProcessor({
          exporter: this.observed(exporter),
          maxQueueSize: WAITING_MAX,
          maxExportBatchSize: SENT_TOGETHER_MAX,
          scheduledDelayMillis: SENT_EVERY_MS,
          exportTimeoutMillis: EXPORT_MS_MAX,
        }),
      ],
    });
    this.tracer = this.provider.getTracer('signalbox', VERSION);
  }

  async within<T>(start: SpanStart, work: (span: Span) => Promise<T>): Promise<T> {
    // What comes from outside belongs to nothing that happens to be under way here.
    const parent = start.from ? parentIn(start.from) : (this.context.getStore() ?? ROOT_CONTEXT);
    const { name, kind, attributes, startedAt } = start;
    const span = this.tracer.startSpan(
      name,
      { kind: kinds[kind], attributes, ...(startedAt !== undefined && { startTime: startedAt }) },
      parent,
    );
    try {
      return await this.context.run(trace.setSpan(parent, span), () => work(shown(span)));
    } catch (thrown) {
      span.setStatus({ code: SpanStatusCode.ERROR });
      throw thrown;
    } finally {
      span.end();
    }
  }

  here(): <T>(work: () => T) => T {
    const context = this.context.getStore();
    return (work) => (context ? this.context.run(context, work) : work());
  }

  async stop(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, LAST_EXPORT_MS);
    });
    await Promise.race([this.provider.shutdown().catch(() => undefined), late]);
    clearTimeout(timer);
  }

  /** The exporter, with a line of log now and then where it fails. */
  private observed(exporter: SpanExporter): SpanExporter {
    return {
      export: (spans, done) =>
        exporter.export(spans, (result) => {
          if (result.error) this.warnSometimes(result.error);
          done(result);
        }),
      shutdown: () => exporter.shutdown(),
      forceFlush: async () => await exporter.forceFlush?.(),
    };
  }

  private warnSometimes(error: Error): void {
    const now = performance.now();
    if (now - this.warnedAt < WARN_EVERY_MS) return;
    this.warnedAt = now;
    this.warn({ reason: error.message.slice(0, 200) }, 'traces could not be sent');
  }
}

/** W3C Trace Context: version, trace, parent and flags; what is none of it counts as absent. */
const traceparentForm = /^[\da-f]{2}-([\da-f]{32})-([\da-f]{16})-([\da-f]{2})$/;

function parentIn(headers: IncomingHttpHeaders): Context {
  const found = traceparentForm.exec(String(headers['traceparent'] ?? ''));
  if (!found || found[0].startsWith('ff')) return ROOT_CONTEXT;
  const [, traceId, spanId, flags] = found;
  const traceFlags = Number.parseInt(flags!, 16) & TraceFlags.SAMPLED;
  const spanContext = { traceId: traceId!, spanId: spanId!, traceFlags, isRemote: true };
  return isSpanContextValid(spanContext) ? trace.setSpanContext(ROOT_CONTEXT, spanContext) : ROOT_CONTEXT;
}

function shown(span: OtelSpan): Span {
  return {
    note: (attributes) => void span.setAttributes(attributes as Attributes),
    fail: (code) => {
      span.setAttribute('error.type', code);
      span.setStatus({ code: SpanStatusCode.ERROR });
    },
    headers: () => {
      const { traceId, spanId, traceFlags } = span.spanContext();
      return { traceparent: `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}` };
    },
  };
}
