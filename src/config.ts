import { cpus } from 'node:os';
import { z } from 'zod';
import {
  addressRules,
  databaseUrl,
  faultPoint,
  headerList,
  httpUrl,
  plugins,
  providerSecret,
  roleNames,
  type Roles,
  roles,
  secretsKey,
  wholeNumber,
} from './config-fields.ts';
import type { RemitaSettings } from './features/integrations/index.ts';
import { isPostgresUrl } from './platform/database-url.ts';
import type { ArmedFaultPoint } from './platform/fault-points.ts';
import type { AddressRules } from './platform/network-addresses.ts';
import type { TracingSettings } from './platform/telemetry/start-tracing.ts';

export type { Roles } from './config-fields.ts';

/** What the operator set, parsed once and frozen. The names of the variables are those of the README. */
export interface Config {
  isProduction: boolean;
  host: string;
  port: number;
  databaseUrl: string;
  /** Other processes may work on the same database. */
  isShared: boolean;
  roles: Roles;
  /** 32 bytes, or null: then a key file beside the SQLite database is used and made if absent. */
  secretsKey: Buffer | null;
  trustedProxies: AddressRules;
  outboundAllowedNetworks: AddressRules;
  adminPassword: string | null;
  adminApiKey: string | null;
  bodyLimitBytes: number;
  scriptTimeoutMs: number;
  scriptMemoryMb: number;
  scriptWorkers: number;
  scriptIsolation: 'frozen' | 'fresh';
  publicUrl: string | null;
  /** What Mono sends with each notification; null: none are received. */
  monoWebhookSecret: string | null;
  /** Where browsers that come back from Mono are sent on to; null: they see a page of ours. */
  monoRedirectUrl: string | null;
  /** How Remita is asked about payments; null: none are received. */
  remita: RemitaSettings | null;
  /** The secret key of Paystack, which signs its notifications; null: none are received. */
  paystackSecretKey: string | null;
  /** Modules with commands of others, as they are imported. */
  plugins: readonly string[];
  executionRetentionDays: number;
  /** On PostgreSQL: after how long a silence another process takes over what this one was doing. */
  jobLeaseMs: number;
  logLevel: LogLevel;
  /** Who may read /metrics; null: everybody. */
  metricsToken: string | null;
  /** Null: nobody wants traces. */
  tracing: TracingSettings | null;
  /** For tests of crashes: where this process is to end. */
  faultPoint: ArmedFaultPoint | null;
}

const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
type LogLevel = (typeof logLevels)[number];

/** A start that was refused: one sentence for each variable, each naming it. */
export class ConfigError extends Error {
  constructor(readonly sentences: readonly string[]) {
    super(sentences.join('\n'));
  }
}

const variables = z.object({
  NODE_ENV: z.string().default('development'),
  HOST: z.string().optional(),
  PORT: wholeNumber(0, 65_535).default(3000),
  DATABASE_URL: databaseUrl.default('sqlite:./data/signalbox.db'),
  ROLES: roles.prefault(roleNames.join(',')),
  SECRETS_KEY: secretsKey.optional(),
  TRUSTED_PROXIES: addressRules.prefault(''),
  OUTBOUND_ALLOWED_NETWORKS: addressRules.prefault(''),
  ADMIN_PASSWORD: z
    .string()
    .min(8, 'must have at least 8 characters')
    .max(256, 'must have at most 256 characters')
    .optional(),
  ADMIN_API_KEY: z
    .string()
    .min(32, 'must have at least 32 characters')
    .max(256, 'must have at most 256 characters')
    .optional(),
  BODY_LIMIT_BYTES: wholeNumber(1, 104_857_600).default(1_048_576),
  SCRIPT_TIMEOUT_MS: wholeNumber(10, 60_000).default(1000),
  SCRIPT_MEMORY_MB: wholeNumber(8, 2048).default(64),
  SCRIPT_WORKERS: wholeNumber(2, 256).default(Math.max(2, cpus().length)),
  SCRIPT_ISOLATION: z.enum(['frozen', 'fresh'], { error: 'must be frozen or fresh' }).default('frozen'),
  PUBLIC_URL: httpUrl.optional(),
  MONO_WEBHOOK_SECRET: providerSecret.optional(),
  MONO_REDIRECT_URL: httpUrl.optional(),
  REMITA_MERCHANT_ID: z
    .string()
    .regex(/^[\w-]{1,64}$/, 'must be 1 to 64 letters, digits, hyphens and underscores')
    .optional(),
  REMITA_API_KEY: providerSecret.optional(),
  REMITA_BASE_URL: httpUrl.default('https://login.remita.net/remita/exapp/api/v1/send/api'),
  REMITA_ALLOWED_IPS: addressRules.prefault(''),
  PAYSTACK_SECRET_KEY: providerSecret.optional(),
  PLUGINS: plugins.prefault(''),
  EXECUTION_RETENTION_DAYS: wholeNumber(1, 36_500).default(30),
  JOB_LEASE_SECONDS: wholeNumber(4, 3_600).default(20),
  LOG_LEVEL: z.enum(logLevels, { error: `must be one of ${logLevels.join(', ')}` }).default('info'),
  METRICS_TOKEN: z
    .string()
    .regex(/^[\w.~+/=-]{8,256}$/, 'must have 8 to 256 of the characters A-Z a-z 0-9 . _ ~ + / = -')
    .optional(),
  OTEL_EXPORTER_OTLP_ENDPOINT: httpUrl.optional(),
  OTEL_EXPORTER_OTLP_HEADERS: headerList.default({}),
  OTEL_SERVICE_NAME: z.string().max(200, 'must have at most 200 characters').default('signalbox'),
  OTEL_TRACES_SAMPLER_ARG: z
    .string()
    .regex(/^(0(\.\d{1,9})?|1(\.0{1,9})?)$/, 'must be a number between 0 and 1')
    .transform(Number)
    .default(1),
  SIGNALBOX_FAULT_POINT: faultPoint.optional(),
});

/** Every variable that Signalbox reads. */
export const variableNames: readonly string[] = Object.keys(variables.shape);

/** What is wrong with variables that are good one by one. */
function refusedTogether(given: NodeJS.ProcessEnv): string[] {
  const { NODE_ENV, DATABASE_URL = 'sqlite:', ROLES, SECRETS_KEY, SIGNALBOX_FAULT_POINT } = given;
  const sentences: string[] = [];
  if (isPostgresUrl(DATABASE_URL) && SECRETS_KEY === undefined)
    sentences.push(
      'SECRETS_KEY must be set where DATABASE_URL is PostgreSQL: each instance reads what the others have encrypted.',
    );
  const read = roles.safeParse(ROLES);
  if (DATABASE_URL.startsWith('sqlite:') && read.success && !(read.data.http && read.data.worker))
    sentences.push(
      'ROLES must be http,worker where DATABASE_URL is SQLite: one process has that database, and nobody else would do what it leaves out.',
    );
  const { REMITA_MERCHANT_ID, REMITA_API_KEY } = given;
  if ((REMITA_MERCHANT_ID === undefined) !== (REMITA_API_KEY === undefined))
    sentences.push(
      'REMITA_MERCHANT_ID and REMITA_API_KEY must be set together: without both nothing that Remita sends can be verified.',
    );
  if (NODE_ENV === 'production' && SIGNALBOX_FAULT_POINT !== undefined)
    sentences.push(
      'SIGNALBOX_FAULT_POINT ends this process on purpose: it is for tests, and refused where NODE_ENV is production.',
    );
  return sentences;
}

/**
 * Reads the environment; an empty variable counts as unset.
 * @throws ConfigError naming each variable that has a bad value.
 */
export function readConfig(environment: NodeJS.ProcessEnv = process.env): Config {
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
  const parsed = variables.safeParse(given);
  const issues = parsed.error?.issues ?? [];
  const sentences = issues.map((issue) => `${issue.path.join('.')} ${issue.message}.`);
  sentences.push(...refusedTogether(given));
  if (!parsed.success || sentences.length > 0) throw new ConfigError(sentences);
  const v = parsed.data;
  const isProduction = v.NODE_ENV === 'production';
  return Object.freeze({
    isProduction,
    host: v.HOST ?? (isProduction ? '0.0.0.0' : '127.0.0.1'),
    port: v.PORT,
    databaseUrl: v.DATABASE_URL,
    isShared: isPostgresUrl(v.DATABASE_URL),
    roles: Object.freeze(v.ROLES),
    secretsKey: v.SECRETS_KEY ?? null,
    trustedProxies: v.TRUSTED_PROXIES,
    outboundAllowedNetworks: v.OUTBOUND_ALLOWED_NETWORKS,
    adminPassword: v.ADMIN_PASSWORD ?? null,
    adminApiKey: v.ADMIN_API_KEY ?? null,
    bodyLimitBytes: v.BODY_LIMIT_BYTES,
    scriptTimeoutMs: v.SCRIPT_TIMEOUT_MS,
    scriptMemoryMb: v.SCRIPT_MEMORY_MB,
    scriptWorkers: v.SCRIPT_WORKERS,
    scriptIsolation: v.SCRIPT_ISOLATION,
    publicUrl: v.PUBLIC_URL ?? null,
    monoWebhookSecret: v.MONO_WEBHOOK_SECRET ?? null,
    monoRedirectUrl: v.MONO_REDIRECT_URL ?? null,
    remita: remitaOf(v),
    paystackSecretKey: v.PAYSTACK_SECRET_KEY ?? null,
    plugins: v.PLUGINS,
    jobLeaseMs: v.JOB_LEASE_SECONDS * 1_000,
    executionRetentionDays: v.EXECUTION_RETENTION_DAYS,
    logLevel: v.LOG_LEVEL,
    metricsToken: v.METRICS_TOKEN ?? null,
    tracing: v.OTEL_EXPORTER_OTLP_ENDPOINT
      ? {
          endpoint: v.OTEL_EXPORTER_OTLP_ENDPOINT,
          headers: v.OTEL_EXPORTER_OTLP_HEADERS,
          serviceName: v.OTEL_SERVICE_NAME,
          ratio: v.OTEL_TRACES_SAMPLER_ARG,
        }
      : null,
    faultPoint: v.SIGNALBOX_FAULT_POINT ?? null,
  });
}

function remitaOf(v: z.output<typeof variables>): RemitaSettings | null {
  const { REMITA_MERCHANT_ID: merchantId, REMITA_API_KEY: apiKey } = v;
  if (merchantId === undefined || apiKey === undefined) return null;
  return { merchantId, apiKey, baseUrl: v.REMITA_BASE_URL, allowedIps: v.REMITA_ALLOWED_IPS };
}

/** One variable by itself, for programs beside the server. @throws ConfigError where it has a bad value. */
export function readVariable<Name extends 'DATABASE_URL' | 'SECRETS_KEY'>(
  name: Name,
  environment: NodeJS.ProcessEnv = process.env,
): z.output<(typeof variables.shape)[Name]> {
  const parsed = variables.shape[name].safeParse(environment[name] || undefined);
  if (parsed.success) return parsed.data as z.output<(typeof variables.shape)[Name]>;
  throw new ConfigError(parsed.error.issues.map(({ message }) => `${name} ${message}.`));
}
