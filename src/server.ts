import { createServer, type RequestListener, type ServerOptions, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { metricsOf } from './app.metrics.ts';
import { AppModule } from './app.module.ts';
import type { Config } from './config.ts';
import { ExpressionPool } from './engines/expression/index.ts';
import { ScriptPool } from './engines/script/index.ts';
import { AccessStart, Authenticator } from './features/access/index.ts';
import { CommandDefinitionDirectory } from './features/command-definitions/index.ts';
import { ExecutionStreams, InterruptedExecutions } from './features/executions/index.ts';
import { FixedEndpoints, NotificationJobs } from './features/integrations/index.ts';
import { Secrets } from './features/secrets/index.ts';
import { WebHookConfigDirectory } from './features/webhook-configs/index.ts';
import {
  AnswerInTime,
  MatchWebHook,
  ReceiveWebHook,
  RunJobs,
  StoredAnswers,
} from './features/webhook-router/index.ts';
import { authenticateFirst } from './http/authenticate-first.ts';
import { answerBeforeRouting, answerClientError } from './http/before-routing.ts';
import { refuseWhenCutOff } from './http/cut-off.ts';
import { Database } from './platform/db/index.ts';
import { serveDocs } from './http/docs.ts';
import { errorOf, sendError } from './http/error-answer.ts';
import { ErrorFilter } from './http/error.filter.ts';
import { MetricsPage } from './http/metrics-page.ts';
import { PlainConnections } from './http/plain-connections.ts';
import { answerProbesOnly } from './http/probes-only.ts';
import { acceptRawBodies } from './http/raw-body.ts';
import { identifyRequests } from './http/request-id.ts';
import { HttpRequest } from './http/read-body.ts';
import { WebHookListener } from './http/webhook-listener.ts';
import { type Logger, NestLog } from './platform/logger.ts';
import { OutboundHttp } from './platform/outbound-http.ts';
import { Processes } from './platform/processes/index.ts';
import { Queue } from './platform/queue/index.ts';
import { Retention } from './platform/retention.ts';
import { startTracing } from './platform/telemetry/start-tracing.ts';
import { currentTracer } from './platform/telemetry/tracing.ts';
import { loadPlugins } from './plugin-loader.ts';
import { checkPlugins, startFailure } from './plugin-requests.ts';

/** A whole request, headers and body, must arrive within this time: slow senders do not hold connections. */
const REQUEST_TIMEOUT_MS = 60_000;

const httpOptions: ServerOptions<typeof HttpRequest> = {
  IncomingMessage: HttpRequest,
  requestTimeout: REQUEST_TIMEOUT_MS,
  // Longer than a load balancer keeps its idle connections: it is to be the one that closes them (60 s by default).
  keepAliveTimeout: 72_000,
  // Who sends no Host is told so in our own words.
  requireHostHeader: false,
};

/** Commands check their own fields: what compiles schemas of routes, 114 files, is not read at the start. */
function noSchemas(): never {
  throw new Error('Routes have no schemas here');
}

/** While stopping: who still waits for his answer then gets a ticket for it. */
const TICKETS_AFTER_MS = 20_000;
/** Jobs at hand have this long to end; the rest goes on with the next start. */
const JOBS_MS_MAX = 24_000;

/** While stopping: connections that become idle after their last answer are not waited for. */
const IDLE_SWEEP_MS = 50;

/** A server that answers, and what its start found out. */
export interface RunningServer {
  url: string;
  /** Set where this start made the admin user and its password up. */
  generatedPassword: string | null;
  adminId: string | null;
  app: NestFastifyApplication;
  stop(): Promise<void>;
}

/** Starts everything in the order in which one part needs the other; listens last. */
export async function startServer(config: Config, logger: Logger): Promise<RunningServer> {
  await startTracing(config.tracing, (fields, message) => logger.warn(fields, message));
  const webhooks = new WebHookListener(config.bodyLimitBytes);
  const adapter = new FastifyAdapter({
    serverFactory: (next: RequestListener) => createServer(httpOptions, webhooks.before(next)),
    forceCloseConnections: 'idle',
    // What arrives on a kept connection while we stop is work like any other.
    return503OnClosing: false,
    clientErrorHandler: answerClientError,
    schemaController: { compilersFactory: { buildValidator: noSchemas, buildSerializer: noSchemas } },
    frameworkErrors: (error: Error, _request: FastifyRequest, reply: FastifyReply) =>
      sendError(reply, errorOf(error)),
  });
  const server = adapter.getInstance();
  const plain = new PlainConnections(server.server, webhooks);
  acceptRawBodies(server, config.bodyLimitBytes);
  const app = await createApp(config, logger, adapter);
  const access = await app.get(AccessStart).prepare(config);
  await app.get(WebHookConfigDirectory).load();
  await app.get(Secrets).load();
  await app.get(CommandDefinitionDirectory).load();
  const matcher = app.get(MatchWebHook);
  matcher.start();
  await Promise.all([
    app.get(ScriptPool).start(),
    // Its processes take 65 MiB each: whoever has no expressions goes without, and the first one starts them.
    matcher.usesExpressions && app.get(ExpressionPool).start(),
  ]);
  const { changes } = app.get(Database);
  changes.start();
  app.get(MetricsPage).show(metricsOf(app, webhooks));
  identifyRequests(server);
  answerBeforeRouting(server);
  refuseWhenCutOff(server, changes);
  app.useGlobalFilters(new ErrorFilter(logger));
  await app.get(Processes).start();
  if (config.roles.http) await answerCalls(app, webhooks);
  else answerProbesOnly(server);
  if (config.roles.worker) await startWork(app, logger);
  await app.listen(config.port, config.host);
  const { address, port, family } = server.server.address() as AddressInfo;
  return {
    ...access,
    url: `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`,
    app,
    stop: () => stop(app, plain),
  };
}

async function createApp(
  config: Config,
  logger: Logger,
  adapter: FastifyAdapter,
): Promise<NestFastifyApplication> {
  const plugins = await loadPlugins(config.plugins);
  checkPlugins(plugins, AppModule.forRoot(config, logger));
  const modules = plugins.flatMap((plugin) => plugin.modules);
  const settings = { logger: new NestLog(logger), bodyParser: false, abortOnError: false };
  return await NestFactory.create<NestFastifyApplication>(
    AppModule.forRoot(config, logger, modules),
    adapter,
    settings,
  ).catch((thrown: unknown) => {
    throw startFailure(plugins, thrown);
  });
}

/** What the role `http` is: webhooks, commands, people and the API's documents. */
async function answerCalls(app: NestFastifyApplication, webhooks: WebHookListener): Promise<void> {
  webhooks.open({
    matcher: app.get(MatchWebHook),
    router: app.get(ReceiveWebHook),
    results: app.get(StoredAnswers),
    changes: app.get(Database).changes,
    providers: app.get(FixedEndpoints),
  });
  authenticateFirst(app.getHttpAdapter().getInstance(), app.get(Authenticator));
  await serveDocs(app);
}

/** What the role `worker` is; a process without it stores what is left to do and ends what it has begun itself. */
async function startWork(app: NestFastifyApplication, logger: Logger): Promise<void> {
  await app
    .get(InterruptedExecutions)
    .start((interrupted) =>
      logger.warn({ interrupted }, 'executions that were cut off were marked as failed'),
    );
  app.get(Retention).start();
  const queue = app.get(Queue);
  app.get(RunJobs).follow(queue);
  app.get(NotificationJobs).follow(queue);
  await queue.start();
}

/** Stops accepting, lets what runs finish, stores it, and ends what we started. */
async function stop(app: NestFastifyApplication, plain: PlainConnections): Promise<void> {
  const scripts = app.get(ScriptPool);
  const outbound = app.get(OutboundHttp);
  const fastify = app.getHttpAdapter().getInstance();
  const { server } = fastify;
  // Callers that keep their connection are answered once more and let go.
  server.prependListener(
    'request',
    (_request, response: ServerResponse) => (response.shouldKeepAlive = false),
  );
  plain.isStopping = true;
  app.get(ExecutionStreams).endAll();
  const tickets = setTimeout(() => app.get(AnswerInTime).passAll(), TICKETS_AFTER_MS);
  const jobsEnded = app.get(Queue).stop(JOBS_MS_MAX);
  const sweep = setInterval(() => {
    server.closeIdleConnections();
    plain.closeIdle();
  }, IDLE_SWEEP_MS);
  await fastify.close();
  clearTimeout(tickets);
  clearInterval(sweep);
  await jobsEnded;
  await Promise.all([scripts.stop(1_000), app.get(ExpressionPool).stop(1_000)]);
  await app.get(Processes).stop();
  await app.close();
  outbound.close();
  await currentTracer()?.stop();
}
