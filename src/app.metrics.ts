import type { Server } from 'node:http';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { commandMetrics, Dispatcher } from './bus/index.ts';
import { ExpressionPool, expressionMetrics } from './engines/expression/index.ts';
import { scriptMetrics, ScriptPool } from './engines/script/index.ts';
import { executionMetrics, ExecutionRecorder, ExecutionStreams } from './features/executions/index.ts';
import { FixedEndpoints, notificationMetrics } from './features/integrations/index.ts';
import { webHookMetrics } from './http/webhook-metrics.ts';
import type { WebHookListener } from './http/webhook-listener.ts';
import { Database, doorMetrics, WriteDoor } from './platform/db/index.ts';
import { OutboundHttp } from './platform/outbound-http.ts';
import { outboundMetrics } from './platform/outbound-http-metrics.ts';
import { Queue, queueMetrics } from './platform/queue/index.ts';
import { gauge, type Metric } from './platform/telemetry/metric.ts';
import { VERSION } from './platform/version.ts';

/** The one list of everything an operator can watch. */
export function metricsOf(app: NestFastifyApplication, webhooks: WebHookListener): Metric[] {
  const { server } = app.getHttpAdapter().getInstance();
  return [
    ...webHookMetrics(webhooks),
    ...notificationMetrics(app.get(FixedEndpoints)),
    ...executionMetrics({
      recorder: app.get(ExecutionRecorder),
      streams: app.get(ExecutionStreams),
      read: app.get(Database).read,
    }),
    ...commandMetrics(app.get(Dispatcher)),
    ...scriptMetrics(app.get(ScriptPool)),
    ...expressionMetrics(app.get(ExpressionPool)),
    ...doorMetrics(app.get(WriteDoor)),
    ...queueMetrics(app.get(Queue)),
    ...outboundMetrics(app.get(OutboundHttp)),
    gauge('signalbox_http_connections', 'Open HTTP connections.', () => connectionsOf(server)),
    gauge('signalbox_build_info', 'Always 1; the labels say which build this is.', () => [
      { value: 1, labels: { version: VERSION, node: process.versions.node } },
    ]),
  ];
}

function connectionsOf(server: Server): Promise<number> {
  return new Promise((resolve, reject) =>
    server.getConnections((error, count) => (error ? reject(error) : resolve(count))),
  );
}
