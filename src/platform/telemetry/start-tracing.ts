import { traceWith } from './tracing.ts';

/** Where spans go, and how many of them. */
export interface TracingSettings {
  /** The collector's base URL; spans are posted to `/v1/traces` below it. */
  endpoint: string;
  headers: Readonly<Record<string, string>>;
  serviceName: string;
  /** The part of the traces that begin here which is kept, from 0 to 1. */
  ratio: number;
}

/**
 * Turns tracing on; its packages are optional and loaded here only.
 * @throws a sentence for the operator where they are missing.
 */
export async function startTracing(
  settings: TracingSettings | null,
  warn: (fields: object, message: string) => void,
): Promise<void> {
  if (!settings) {
    traceWith(null);
    return;
  }
  const { OtlpTracer } = await import('./otlp-tracer.ts').catch((cause: NodeJS.ErrnoException) => {
    if (cause.code !== 'ERR_MODULE_NOT_FOUND') throw cause;
    throw new Error(
      'OTEL_EXPORTER_OTLP_ENDPOINT is set, but the packages for tracing are not installed: install with npm ci --include=optional.',
      { cause },
    );
  });
  traceWith(new OtlpTracer(settings, warn));
}
