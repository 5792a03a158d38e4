import type { SpanStart } from './telemetry/tracing.ts';
import type { OutboundRequest } from './outbound-http-request.ts';

/** A call of another system in a trace: which host, and nothing of the path, where people put tokens. */
export function outboundSpan({ method, url }: OutboundRequest): SpanStart {
  const parsed = URL.canParse(url) ? new URL(url) : null;
  return {
    name: method,
    kind: 'client',
    attributes: {
      'http.request.method': method,
      ...(parsed && { 'server.address': parsed.hostname.slice(0, 255) }),
      ...(parsed?.port && { 'server.port': Number(parsed.port) }),
    },
  };
}

/** The request with what tells the other system to which trace it belongs, unless the caller says so himself. */
export function withTrace(request: OutboundRequest, trace: Record<string, string>): OutboundRequest {
  const headers = request.headers ?? {};
  if (Object.keys(headers).some((name) => name.toLowerCase() === 'traceparent')) return request;
  return { ...request, headers: { ...headers, ...trace } };
}
