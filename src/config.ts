import { cpus } from 'node:os';
import { z } from 'zod';
import { isPostgresUrl, objectionsToDatabaseUrl } from './platform/database-url.ts';
import { type ArmedFaultPoint, faultPoints } from './platform/fault-points.ts';
import { type AddressRules, parseAddressRules } from './platform/network-addresses.ts';
import type { TracingSettings } from './platform/telemetry/start-tracing.ts';

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
  /** Modules with commands of others, as they are imported. */
  plugins: readonly string[];
  executionRetentionDays: number;
  logLevel: LogLevel;
  /** Who may read /metrics; null: everybody. */
  metricsToken: string | null;
  /** Null: nobody wants traces. */
  tracing: TracingSettings | null;
  /** For tests of crashes: where this process is to end. */
  faultPoint: ArmedFaultPoint | null;
}

/** What a process does. */
export interface Roles {
  /** It answers calls, commands and people; without it only `/health/…` and `/metrics`. */
  readonly http: boolean;
  /** It does what is left to do later: jobs, retention, ends of executions that a crash cut off. */
  readonly worker: boolean;
}

const roleNames = ['http', 'worker'] as const;

const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
type LogLevel = (typeof logLevels)[number];

/** A start that was refused: one sentence for each variable, each naming it. */
export class ConfigError extends Error {
  constructor(readonly sentences: readonly string[]) {
    super(sentences.join('\n'));
  }
}

const wholeNumber = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d{1,15}$/, 'must be a whole number')
    .transform(Number)
    .refine((value) => value >= min && value <= max, `must be between ${min} and ${max}`);

const addressRules = z.string().transform((text, context) => {
  const parsed = parseAddressRules(text);
  if ('rules' in parsed) return parsed.rules;
  context.addIssue({
    code: 'custom',
    message: `must be a comma-separated list of addresses and CIDR ranges: ${parsed.errors.map((error) => error.replace(/\.$/, '')).join('; ')}`,
  });
  return z.NEVER;
});

/** No sentence repeats the URL: it holds a password. */
const databaseUrl = z.string().superRefine((text, context) => {
  for (const message of objectionsToDatabaseUrl(text)) context.addIssue({ code: 'custom', message });
});

const roles = z.string().transform((text, context): Roles => {
  const entries = text.split(',').map((entry) => entry.trim());
  const others = entries.filter((entry) => !roleNames.some((name) => name === entry));
  for (const other of others)
    context.addIssue({ code: 'custom', message: `must be a list of http and worker; "${other}" is neither` });
  if (new Set(entries).size < entries.length)
    context.addIssue({ code: 'custom', message: 'must name each role once' });
  return { http: entries.includes('http'), worker: entries.includes('worker') };
});

const secretsKey = z.string().transform((text, context) => {
  const key = Buffer.from(text, 'base64');
  // Base64 decoding forgives: what does not read back the same was no Base64.
  if (key.length === 32 && key.toString('base64') === text) return key;
  context.addIssue({
    code: 'custom',
    message: 'must be 32 bytes in Base64, such as `openssl rand -base64 32` prints',
  });
  return z.NEVER;
});

const httpUrl = z
  .string()
  .refine(
    (text) => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol),
    'must be an http or https URL',
  )
  .transform((text) => text.replace(/\/+$/, ''));

/** As OpenTelemetry writes it: `name=value,name=value`, both percent-encoded. */
const headerList = z.string().transform((text, context) => {
  try {
    const entries = text.split(',').map((entry) => {
      const [, name, value] = /^\s*([\w!#$%&'*+.^`|~-]+)\s*=(.*)$/s.exec(entry)!;
      return [decodeURIComponent(name!), decodeURIComponent(value!.trim())] as const;
    });
    return Object.fromEntries(new Headers(entries.map(([name, value]) => [name, value])));
  } catch {
    context.addIssue({ code: 'custom', message: 'must be a list such as name=value,other=value' });
    return z.NEVER;
  }
});
const plugins = z
  .string()
  .transform((text) => text.split(',').flatMap((entry) => (entry.trim() === '' ? [] : [entry.trim()])))
  .refine((entries) => new Set(entries).size === entries.length, 'must name each module once');

const faultPoint = z.string().transform((text, context) => {
  const [name, nth = '1'] = text.split(':');
  const known = faultPoints.find((point) => point === name);
  if (known && /^[1-9]\d{0,8}$/.test(nth)) return { name: known, nth: Number(nth) };
  context.addIssue({
    code: 'custom',
    message: `must be one of ${faultPoints.join(', ')}, with :<n> for the nth time`,
  });
  return z.NEVER;
});

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
  PLUGINS: plugins.prefault(''),
  EXECUTION_RETENTION_DAYS: wholeNumber(1, 36_500).default(30),
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
    plugins: v.PLUGINS,
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

/** One variable by itself, for programs beside the server. @throws ConfigError where it has a bad value. */
export function readVariable<Name extends 'DATABASE_URL' | 'SECRETS_KEY'>(
  name: Name,
  environment: NodeJS.ProcessEnv = process.env,
): z.output<(typeof variables.shape)[Name]> {
  const parsed = variables.shape[name].safeParse(environment[name] || undefined);
  if (parsed.success) return parsed.data as z.output<(typeof variables.shape)[Name]>;
  throw new ConfigError(parsed.error.issues.map(({ message }) => `${name} ${message}.`));
}
