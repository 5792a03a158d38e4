import type { SpanStart } from '../../platform/telemetry/tracing.ts';
import type { WebHookRun } from './webhook-run.ts';

/** A run in a trace: which one, of which configuration, and nothing of what was sent. */
export function runSpan({ admitted, meta }: WebHookRun, kind: 'server' | 'consumer'): SpanStart {
  const { key, path } = admitted.route.config;
  return {
    name: kind === 'server' ? `${meta.method} ${path}` : `run ${path}`,
    kind,
    from: meta.headers,
    attributes: {
      'http.request.method': meta.method,
      'http.route': path,
      'signalbox.webhook.key': key,
      'signalbox.execution.id': admitted.id,
    },
    // An asynchronous run has waited since it was received, and is a piece of work of its own.
    ...(kind === 'server' && { startedAt: admitted.receivedAt }),
  };
}

/** The script of a run. */
export function scriptSpan({ admitted }: WebHookRun): SpanStart {
  const { key, version } = admitted.route.config;
  return {
    name: 'script',
    kind: 'internal',
    attributes: {
      'signalbox.webhook.key': key,
      'signalbox.webhook.version': version,
      'signalbox.execution.id': admitted.id,
    },
  };
}
