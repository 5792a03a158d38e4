import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CountingServer } from '../support/counting-server.ts';
import { Signalbox } from '../support/signalbox.ts';
import { type ReceivedSpan, TraceCollector } from '../support/trace-collector.ts';
import { until } from '../support/until.ts';

const SERVER = 2;
const CLIENT = 3;
const CONSUMER = 5;
const sends =
  'return doCmd("SendHttpRequestCommand", { method: "POST", url: context.body.url, headers: context.body.headers ?? {} });';

let collector: TraceCollector;
let elsewhere: CountingServer;
let signalbox: Signalbox;

beforeAll(async () => {
  collector = await TraceCollector.start();
  elsewhere = await CountingServer.start();
  signalbox = await Signalbox.start({
    env: {
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_EXPORTER_OTLP_HEADERS: 'x-collector-key=a%20key',
      OTEL_SERVICE_NAME: 'hooks-of-this-test',
      OUTBOUND_ALLOWED_NETWORKS: '127.0.0.1/32',
    },
  });
  await signalbox.createConfig('sends', { path: '/webhooks/traced/:shop', executionCode: sends });
  await signalbox.createConfig('later', { responseMode: 'async', executionCode: sends });
  await signalbox.createConfig('native', { executionType: 0, commandName: 'PublishEventCommand' });
  await signalbox.createConfig('throws', { executionCode: 'throw new Error("a telling message");' });
});
afterAll(async () => {
  await signalbox.stop();
  await collector.stop();
  await elsewhere.stop();
});

/** A trace that begins at the caller. */
function newTrace(flags = '01') {
  const traceId = randomBytes(16).toString('hex');
  const spanId = randomBytes(8).toString('hex');
  return { traceId, spanId, headers: { traceparent: `00-${traceId}-${spanId}-${flags}` } };
}

function span(name: string, traceId: string): Promise<ReceivedSpan> {
  return until(() => Promise.resolve(collector.find(name, traceId) ?? null));
}

/** What another system was told of the trace in the request of a path. */
function traceparentAt(path: string): unknown {
  return elsewhere.headers[elsewhere.hits.indexOf(path)]?.['traceparent'];
}

/** Calls a webhook on a server of its own that is to send its traces somewhere. @returns what the log says. */
async function callWith(
  endpoint: string,
  then: (traced: Signalbox) => Promise<void> = () => Promise.resolve(),
): Promise<string> {
  const traced = await Signalbox.start({ env: { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint } });
  await traced.createConfig('fine');
  const calls = Array.from({ length: 200 }, async () => await (await traced.call('fine', { n: 1 })).json());
  for (const answer of await Promise.all(calls))
    expect(answer).toMatchObject({ success: true, data: { n: 1 } });
  await then(traced);
  const began = performance.now();
  expect(await traced.stop()).toBe(0);
  expect(performance.now() - began).toBeLessThan(10_000);
  return traced.output;
}

describe('A call of a webhook', () => {
  it('is followed from its caller through script and command to the other system', async () => {
    const { traceId, spanId, headers } = newTrace();
    const body = { url: `${elsewhere.url('/a-path?token=in-the-url')}`, note: 'a payload' };
    const answer = await signalbox.call('sends', body, { headers });
    expect(answer.status).toBe(200);
    const route = await span('POST /webhooks/traced/:shop', traceId);
    const script = await span('script', traceId);
    const command = await span('SendHttpRequestCommand', traceId);
    const request = await span('POST', traceId);
    expect(route).toMatchObject({ parentSpanId: spanId, kind: SERVER, isError: false });
    expect(script.parentSpanId).toBe(route.spanId);
    expect(command.parentSpanId).toBe(script.spanId);
    expect(request).toMatchObject({ parentSpanId: command.spanId, kind: CLIENT });
    expect(traceparentAt('/a-path?token=in-the-url')).toBe(`00-${traceId}-${request.spanId}-01`);

    const id = answer.headers.get('x-execution-id');
    for (const each of [route, script, command]) expect(each.attributes['signalbox.execution.id']).toBe(id);
    expect(route.attributes).toMatchObject({
      'http.request.method': 'POST',
      'http.route': '/webhooks/traced/:shop',
      'http.response.status_code': 200,
      'signalbox.webhook.key': 'sends',
    });
    expect(request.attributes).toStrictEqual({
      'http.request.method': 'POST',
      'http.response.status_code': 200,
      'server.address': '127.0.0.1',
      'server.port': Number(new URL(elsewhere.url('/')).port),
    });
    expect(collector.resource).toMatchObject({ 'service.name': 'hooks-of-this-test' });
    expect(collector.headers.at(-1)).toMatchObject({ url: '/v1/traces', 'x-collector-key': 'a key' });
    for (const secret of ['a payload', 'in-the-url', 'a-path', signalbox.apiKey])
      expect(collector.received).not.toContain(secret);
  });

  it('belongs to calls at the same time no less', async () => {
    const traces = Array.from({ length: 20 }, () => newTrace());
    await Promise.all(
      traces.map(async ({ headers }, n) => {
        const body = { url: elsewhere.url(`/together/${n}`) };
        await (await signalbox.call('sends', body, { headers })).text();
      }),
    );
    for (const [n, { traceId, spanId }] of traces.entries()) {
      const request = await span('POST', traceId);
      const command = await span('SendHttpRequestCommand', traceId);
      const script = await span('script', traceId);
      expect((await span('POST /webhooks/traced/:shop', traceId)).parentSpanId).toBe(spanId);
      expect([request.parentSpanId, command.parentSpanId]).toStrictEqual([command.spanId, script.spanId]);
      expect(traceparentAt(`/together/${n}`)).toBe(`00-${traceId}-${request.spanId}-01`);
    }
  });

  it('runs its command under itself, where it has no script', async () => {
    const { traceId, headers } = newTrace();
    await (await signalbox.call('native', { type: 'order.paid', payload: {} }, { headers })).text();
    const route = await span('POST /webhooks/native', traceId);
    expect((await span('PublishEventCommand', traceId)).parentSpanId).toBe(route.spanId);
  });

  it('that fails shows where and by which code, and no message', async () => {
    const { traceId, headers } = newTrace();
    await (await signalbox.call('throws', {}, { headers })).text();
    expect(await span('POST /webhooks/throws', traceId)).toMatchObject({
      isError: true,
      attributes: { 'http.response.status_code': 500, 'error.type': '500' },
    });
    expect(await span('script', traceId)).toMatchObject({
      isError: true,
      attributes: { 'error.type': 'threw' },
    });
    expect(collector.received).not.toContain('a telling message');
  });

  it('that is answered before it runs goes on in the trace of its caller', async () => {
    const { traceId, spanId, headers } = newTrace();
    const answer = await signalbox.call('later', { url: elsewhere.url('/later') }, { headers });
    expect(answer.status).toBe(202);
    const run = await span('run /webhooks/later', traceId);
    expect(run).toMatchObject({ parentSpanId: spanId, kind: CONSUMER });
    const request = await span('POST', traceId);
    expect(traceparentAt('/later')).toBe(`00-${traceId}-${request.spanId}-01`);
    expect((await span('script', traceId)).parentSpanId).toBe(run.spanId);
  });

  it('leaves a traceparent alone that its script sends', async () => {
    const { headers } = newTrace();
    const own = { traceparent: newTrace().headers.traceparent };
    await (await signalbox.call('sends', { url: elsewhere.url('/own'), headers: own }, { headers })).text();
    expect(traceparentAt('/own')).toBe(own.traceparent);
  });

  it('keeps what the caller has decided: a trace that he does not keep is sent nowhere', async () => {
    const dropped = newTrace('00');
    const kept = newTrace();
    await (await signalbox.call('sends', { url: elsewhere.url('/dropped') }, dropped)).text();
    await (await signalbox.call('sends', { url: elsewhere.url('/kept') }, kept)).text();
    await span('POST /webhooks/traced/:shop', kept.traceId);
    expect(collector.spans.filter(({ traceId }) => traceId === dropped.traceId)).toStrictEqual([]);
    expect(traceparentAt('/dropped')).toMatch(new RegExp(`^00-${dropped.traceId}-[0-9a-f]{16}-00$`));
  });

  it.each([
    '',
    '00-0-0-0',
    `00-${'0'.repeat(32)}-${'1'.repeat(16)}-01`,
    `ff-${'1'.repeat(32)}-${'1'.repeat(16)}-01`,
  ])('begins a trace of its own where there is none to continue: %s', async (traceparent) => {
    const path = `/of-its-own/${encodeURIComponent(traceparent)}`;
    const headers: Record<string, string> = traceparent === '' ? {} : { traceparent };
    await (await signalbox.call('sends', { url: elsewhere.url(path) }, { headers })).text();
    const [, traceId] = String(traceparentAt(path)).split('-');
    expect((await span('POST /webhooks/traced/:shop', traceId!)).parentSpanId).toBeUndefined();
  });
});

it('A command at the endpoint is followed likewise', async () => {
  const { traceId, spanId, headers } = newTrace();
  await signalbox.command('GetWebHookConfigListQuery', {}, { 'X-API-Key': signalbox.apiKey, ...headers });
  const route = await span('POST /api/bpm/cmd', traceId);
  expect(route).toMatchObject({ parentSpanId: spanId, kind: SERVER });
  expect((await span('GetWebHookConfigListQuery', traceId)).parentSpanId).toBe(route.spanId);
});

describe('A collector', () => {
  it('that is away harms nobody, and the log says once that it is', async () => {
    const gone = await TraceCollector.start();
    const { url } = gone;
    await gone.stop();
    const said = 'traces could not be sent';
    const output = await callWith(url, async (traced) => {
      await until(() => Promise.resolve(traced.output.includes(said) || null));
      await traced.command('GetCommandCatalogueQuery');
    });
    expect(output.split(said)).toHaveLength(2);
  });

  it('that never answers harms nobody either', async () => {
    const silent = await TraceCollector.start({ isSilent: true });
    await callWith(silent.url);
    expect(silent.spans.length).toBeGreaterThan(0);
    await silent.stop();
  });

  it('that refuses is named in the log', async () => {
    const refusing = await CountingServer.start();
    refusing.broken.add('/v1/traces');
    const traced = await Signalbox.start({ env: { OTEL_EXPORTER_OTLP_ENDPOINT: refusing.url('') } });
    await traced.command('GetCommandCatalogueQuery');
    await until(() => Promise.resolve(traced.output.includes('traces could not be sent') || null));
    expect(await traced.stop()).toBe(0);
    await refusing.stop();
  });
});

describe('Without the optional packages', () => {
  /** Stands in for an installation that has none of them. */
  const hooks = `import { registerHooks } from 'node:module';
    registerHooks({ resolve(specifier, context, next) {
      if (/^@opentelemetry\\/(sdk-trace|resources|exporter)/.test(specifier))
        throw Object.assign(new Error('Cannot find package ' + specifier), { code: 'ERR_MODULE_NOT_FOUND' });
      return next(specifier, context);
    } });`;
  const without = { NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(hooks)}` };

  it('the server works as long as nobody wants traces', async () => {
    const plain = await Signalbox.start({ env: without });
    await plain.createConfig('fine');
    expect((await plain.call('fine', {})).status).toBe(200);
    expect(await plain.stop()).toBe(0);
  });

  it('a start that is to trace is refused with a sentence', async () => {
    const start = Signalbox.start({ env: { ...without, OTEL_EXPORTER_OTLP_ENDPOINT: collector.url } });
    await expect(start).rejects.toThrow(
      'OTEL_EXPORTER_OTLP_ENDPOINT is set, but the packages for tracing are not installed: install with npm ci --include=optional.',
    );
  });
});
