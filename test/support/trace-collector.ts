import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A span as it was received. */
export interface ReceivedSpan {
  traceId: string;
  spanId: string;
  parentSpanId: string | undefined;
  name: string;
  kind: number;
  attributes: Record<string, string | number>;
  isError: boolean;
}

interface OtlpValue {
  stringValue?: string;
  intValue?: number | string;
  doubleValue?: number;
}
interface OtlpAttribute {
  key: string;
  value: OtlpValue;
}
interface OtlpSpan {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  kind: number;
  attributes: OtlpAttribute[];
  status: { code: number };
}
interface OtlpTraces {
  resourceSpans: {
    resource: { attributes: OtlpAttribute[] };
    scopeSpans: { spans: OtlpSpan[] }[];
  }[];
}

/** What takes traces as OTLP over HTTP, or does not. */
export class TraceCollector {
  readonly spans: ReceivedSpan[] = [];
  /** As text, to look for what must not be in it. */
  received = '';
  readonly headers: Record<string, unknown>[] = [];
  resource: Record<string, string | number> = {};

  private constructor(private readonly server: Server) {}

  /** @param isSilent takes what comes and never answers. */
  static async start({ isSilent = false } = {}): Promise<TraceCollector> {
    const server = createServer();
    const collector = new TraceCollector(server);
    server.on('request', (request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString('utf8')));
      request.on('end', () => {
        collector.headers.push({ url: request.url, ...request.headers });
        collector.take(body);
        if (!isSilent) response.setHeader('content-type', 'application/json').end('{}');
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return collector;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** The span of a name within a trace. */
  find(name: string, traceId: string): ReceivedSpan | undefined {
    return this.spans.find((span) => span.name === name && span.traceId === traceId);
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private take(body: string): void {
    this.received += body;
    for (const { resource, scopeSpans } of (JSON.parse(body) as OtlpTraces).resourceSpans) {
      this.resource = fieldsOf(resource.attributes);
      for (const { spans } of scopeSpans)
        for (const { traceId, spanId, parentSpanId, name, kind, attributes, status } of spans) {
          const isError = status.code === 2;
          this.spans.push({
            traceId,
            spanId,
            parentSpanId,
            name,
            kind,
            attributes: fieldsOf(attributes),
            isError,
          });
        }
    }
  }
}

function fieldsOf(attributes: readonly OtlpAttribute[]): Record<string, string | number> {
  return Object.fromEntries(
    attributes.map(({ key, value: { stringValue, intValue, doubleValue } }) => [
      key,
      stringValue ?? doubleValue ?? Number(intValue),
    ]),
  );
}
