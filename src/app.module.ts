import { type DynamicModule, Module } from '@nestjs/common';
import { entities } from './app.entities.ts';
import { BusModule } from './bus/index.ts';
import type { Config } from './config.ts';
import { ExpressionPool } from './engines/expression/index.ts';
import { ScriptPool } from './engines/script/index.ts';
import { AccessModule } from './features/access/index.ts';
import { ApiClientsModule } from './features/api-clients/index.ts';
import { AuditLogModule } from './features/audit-log/index.ts';
import { CommandCatalogueModule } from './features/command-catalogue/index.ts';
import { CommandDefinitionsModule } from './features/command-definitions/index.ts';
import { EventsModule } from './features/events/index.ts';
import { ExecutionsModule } from './features/executions/index.ts';
import { HttpRequestsModule } from './features/http-requests/index.ts';
import { IntegrationSettings, IntegrationsModule } from './features/integrations/index.ts';
import { SecretsModule } from './features/secrets/index.ts';
import { UsersModule } from './features/users/index.ts';
import { WebHookConfigsModule } from './features/webhook-configs/index.ts';
import { PublicUrl } from './features/verification/index.ts';
import { RouterSettings, ScriptLimitDefaults, WebHookRouterModule } from './features/webhook-router/index.ts';
import { HttpModule } from './http/http.module.ts';
import { Clock } from './platform/clock.ts';
import { Database, DbModule, sqlitePath } from './platform/db/index.ts';
import type { Logger } from './platform/logger.ts';
import { OutboundHttp } from './platform/outbound-http.ts';
import { OneProcess, PostgresProcesses, Processes } from './platform/processes/index.ts';
import { EmbeddedQueue, type Job, PostgresQueue, Queue } from './platform/queue/index.ts';
import { Retention } from './platform/retention.ts';
import { Sealer } from './platform/sealing.ts';
import { secretsKeyBeside } from './platform/secrets-key.ts';
import { WorkDepth } from './platform/work-depth.ts';

/** Milliseconds a synchronous run may take in all, waiting included (contract §5.4). */
const SCRIPT_TOTAL_MS = 60_000;

/** At 14 µs of ours and 15 µs of theirs a call, two keep up with one server; one of them may be held by a slow expression. */
const EXPRESSION_WORKERS = 2;
const EXPRESSION_MS = 250;
const EXPRESSION_MB = 64;
/** A body of small numbers takes this many times its size when it is parsed. */
const PARSED_BODY_FACTOR = 16;
const BYTES_PER_MB = 1_048_576;

const features = [
  BusModule,
  AccessModule,
  UsersModule,
  ApiClientsModule,
  AuditLogModule,
  CommandCatalogueModule,
  CommandDefinitionsModule,
  WebHookConfigsModule,
  WebHookRouterModule,
  EventsModule,
  ExecutionsModule,
  HttpRequestsModule,
  IntegrationsModule,
  SecretsModule,
];

/** The one list of everything wired in. */
@Module({})
export class AppModule {
  static forRoot(config: Config, logger: Logger, plugins: DynamicModule['imports'] = []): DynamicModule {
    const settings = [
      Clock,
      {
        provide: Sealer,
        useFactory: () => new Sealer(config.secretsKey ?? secretsKeyBeside(sqlitePath(config.databaseUrl))),
      },
      { provide: WorkDepth, useFactory: (sealer: Sealer) => new WorkDepth(sealer), inject: [Sealer] },
      {
        provide: OutboundHttp,
        useFactory: () => new OutboundHttp({ allowedNetworks: config.outboundAllowedNetworks }),
      },
      {
        provide: Processes,
        useFactory: (database: Database) => processes(config, database, logger),
        inject: [Database],
      },
      {
        provide: Queue,
        useFactory: (database: Database, clock: Clock, all: Processes) =>
          queue(config, { database, clock, processes: all, onStumble: warnOf(logger) }),
        inject: [Database, Clock, Processes],
      },
      { provide: ScriptPool, useFactory: () => scriptPool(config, logger) },
      { provide: ExpressionPool, useFactory: () => expressionPool(config, logger) },
      { provide: ScriptLimitDefaults, useValue: scriptLimits(config) },
      {
        provide: Retention,
        useFactory: (database: Database, clock: Clock) =>
          new Retention({ database, clock, days: config.executionRetentionDays, logger }),
        inject: [Database, Clock],
      },
      { provide: RouterSettings, useValue: { ...config, logger } },
      { provide: PublicUrl, useValue: config },
      { provide: IntegrationSettings, useValue: { ...config, logger } },
    ];
    return {
      module: AppModule,
      global: true,
      imports: [
        DbModule.forRoot(config.databaseUrl, entities),
        ...features,
        HttpModule.forRoot({ ...config, logger }),
        ...plugins,
      ],
      providers: settings,
      exports: settings,
    };
  }
}

function processes(config: Config, database: Database, logger: Logger): Processes {
  if (!config.isShared) return new OneProcess();
  const all = new PostgresProcesses(database, config.roles, config.jobLeaseMs);
  all.onLost((formerId) =>
    logger.warn(
      { formerId },
      'this process was silent for too long: others have taken its jobs over, and what it has done of them since does not count',
    ),
  );
  return all;
}

function queue({ isShared }: Config, parts: ConstructorParameters<typeof PostgresQueue>[0]): Queue {
  return isShared
    ? new PostgresQueue(parts)
    : new EmbeddedQueue(parts.database, parts.clock, parts.onStumble);
}

function warnOf(logger: Logger) {
  return ({ id, kind }: Job, cause: unknown): void =>
    logger.warn({ jobId: id, kind, err: cause }, 'a job stumbled and is tried again');
}

function scriptPool(config: Config, logger: Logger): ScriptPool {
  return new ScriptPool({
    workers: config.scriptWorkers,
    isolation: config.scriptIsolation,
    onIncident: (message) => logger.warn({ incident: message }, 'script worker'),
  });
}

function expressionPool(config: Config, logger: Logger): ExpressionPool {
  return new ExpressionPool({
    workers: EXPRESSION_WORKERS,
    runningMs: EXPRESSION_MS,
    heapMb: EXPRESSION_MB + PARSED_BODY_FACTOR * Math.ceil(config.bodyLimitBytes / BYTES_PER_MB),
    onIncident: (message) => logger.warn({ incident: message }, 'expression worker'),
  });
}

function scriptLimits(config: Config): ScriptLimitDefaults {
  return {
    runningMs: config.scriptTimeoutMs,
    totalMs: SCRIPT_TOTAL_MS,
    memoryMb: config.scriptMemoryMb,
    callsMax: 50,
    logBytesMax: 65_536,
    resultBytesMax: 1_048_576,
  };
}
