import { randomBytes } from 'node:crypto';
import { cpus } from 'node:os';
import { describe, expect, it } from 'vitest';
import { refusals } from '../test/support/refused-config.ts';
import { readConfig } from './config.ts';

describe('Without any variable', () => {
  const config = readConfig({});

  it('is a development on this machine only, on port 3000 with SQLite beside it', () => {
    expect(config).toMatchObject({
      isProduction: false,
      host: '127.0.0.1',
      port: 3000,
      databaseUrl: 'sqlite:./data/signalbox.db',
      isShared: false,
      roles: { http: true, worker: true },
      secretsKey: null,
      adminPassword: null,
      adminApiKey: null,
      publicUrl: null,
      executionRetentionDays: 30,
      metricsToken: null,
      tracing: null,
      logLevel: 'info',
    });
  });

  it('has the limits that the documents name', () => {
    expect(config).toMatchObject({
      bodyLimitBytes: 1_048_576,
      scriptTimeoutMs: 1000,
      scriptMemoryMb: 64,
      scriptWorkers: Math.max(2, cpus().length),
      scriptIsolation: 'frozen',
    });
  });

  it('trusts no proxy and allows no special network', () => {
    expect(config.trustedProxies.isEmpty).toBe(true);
    expect(config.outboundAllowedNetworks.isEmpty).toBe(true);
  });

  it('cannot be changed afterwards', () => {
    expect(Object.isFrozen(config)).toBe(true);
  });
});

describe('A variable', () => {
  it('listens on every address in production, unless HOST says otherwise', () => {
    expect(readConfig({ NODE_ENV: 'production' })).toMatchObject({ isProduction: true, host: '0.0.0.0' });
    expect(readConfig({ NODE_ENV: 'production', HOST: '10.0.0.5' }).host).toBe('10.0.0.5');
    expect(readConfig({ NODE_ENV: 'test' })).toMatchObject({ isProduction: false, host: '127.0.0.1' });
  });

  it('counts as unset when it is empty', () => {
    const names = [
      'PORT',
      'DATABASE_URL',
      'ROLES',
      'SECRETS_KEY',
      'ADMIN_PASSWORD',
      'ADMIN_API_KEY',
      'PUBLIC_URL',
      'HOST',
      'METRICS_TOKEN',
      'OTEL_EXPORTER_OTLP_ENDPOINT',
    ];
    const empty = Object.fromEntries(names.map((name) => [name, '']));
    expect(readConfig(empty)).toStrictEqual(readConfig({}));
  });

  it('is read as what it means', () => {
    const key = randomBytes(32);
    const config = readConfig({
      PORT: '0',
      DATABASE_URL: 'sqlite:/var/lib/signalbox/signalbox.db',
      SECRETS_KEY: key.toString('base64'),
      TRUSTED_PROXIES: '10.0.0.0/8, ::1',
      OUTBOUND_ALLOWED_NETWORKS: '192.168.1.0/24',
      ADMIN_PASSWORD: 'p'.repeat(8),
      ADMIN_API_KEY: 'k'.repeat(32),
      BODY_LIMIT_BYTES: '2048',
      SCRIPT_TIMEOUT_MS: '250',
      SCRIPT_MEMORY_MB: '128',
      SCRIPT_WORKERS: '3',
      SCRIPT_ISOLATION: 'fresh',
      PUBLIC_URL: 'https://hooks.example.com/',
      METRICS_TOKEN: 'm'.repeat(8),
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318/',
      OTEL_EXPORTER_OTLP_HEADERS: 'x-team=hooks%2C%20all, authorization=Bearer%20t',
      OTEL_SERVICE_NAME: 'hooks',
      OTEL_TRACES_SAMPLER_ARG: '0.25',
      LOG_LEVEL: 'debug',
    });
    expect(config).toMatchObject({
      port: 0,
      databaseUrl: 'sqlite:/var/lib/signalbox/signalbox.db',
      secretsKey: key,
      adminPassword: 'p'.repeat(8),
      adminApiKey: 'k'.repeat(32),
      bodyLimitBytes: 2048,
      scriptTimeoutMs: 250,
      scriptMemoryMb: 128,
      scriptWorkers: 3,
      scriptIsolation: 'fresh',
      publicUrl: 'https://hooks.example.com',
      metricsToken: 'm'.repeat(8),
      tracing: {
        endpoint: 'http://127.0.0.1:4318',
        headers: { 'x-team': 'hooks, all', authorization: 'Bearer t' },
        serviceName: 'hooks',
        ratio: 0.25,
      },
      logLevel: 'debug',
    });
    expect(config.trustedProxies.matches('10.1.2.3')).toBe(true);
    expect(config.trustedProxies.matches('11.1.2.3')).toBe(false);
    expect(config.outboundAllowedNetworks.matches('192.168.1.77')).toBe(true);
  });
});

describe('A bad value', () => {
  const good = randomBytes(32).toString('base64');

  it.each([
    ['PORT', '65536'],
    ['PORT', '-1'],
    ['EXECUTION_RETENTION_DAYS', '0'],
    ['EXECUTION_RETENTION_DAYS', 'never'],
    ['PORT', '80a'],
    ['PORT', ' 80'],
    ['PORT', '8e1'],
    ['DATABASE_URL', 'mysql://localhost/x'],
    ['DATABASE_URL', 'sqlite:'],
    ['DATABASE_URL', './signalbox.db'],
    ['ROLES', 'web'],
    ['ROLES', 'http;worker'],
    ['ROLES', 'HTTP'],
    ['ROLES', 'http,worker,'],
    ['ROLES', ' '],
    ['ROLES', 'http,worker,http'],
    ['SECRETS_KEY', 'short'],
    ['SECRETS_KEY', randomBytes(31).toString('base64')],
    ['SECRETS_KEY', randomBytes(33).toString('base64')],
    ['SECRETS_KEY', `${good}!`],
    ['SECRETS_KEY', ` ${good}`],
    ['SECRETS_KEY', randomBytes(32).toString('hex')],
    ['TRUSTED_PROXIES', 'proxy.example.com'],
    ['TRUSTED_PROXIES', '10.0.0.1/8'],
    ['OUTBOUND_ALLOWED_NETWORKS', '10.0.0.0/33'],
    ['ADMIN_PASSWORD', 'seven77'],
    ['ADMIN_PASSWORD', 'x'.repeat(257)],
    ['ADMIN_API_KEY', 'k'.repeat(31)],
    ['BODY_LIMIT_BYTES', '0'],
    ['BODY_LIMIT_BYTES', '1MB'],
    ['SCRIPT_TIMEOUT_MS', '9'],
    ['SCRIPT_MEMORY_MB', '1.5'],
    ['SCRIPT_WORKERS', '1'],
    ['SCRIPT_ISOLATION', 'none'],
    ['PUBLIC_URL', 'hooks.example.com'],
    ['PUBLIC_URL', 'ftp://hooks.example.com'],
    ['LOG_LEVEL', 'verbose'],
    ['METRICS_TOKEN', 'short'],
    ['METRICS_TOKEN', 'no token can have spaces'],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'collector:4318'],
    ['OTEL_EXPORTER_OTLP_HEADERS', 'authorization'],
    ['OTEL_EXPORTER_OTLP_HEADERS', 'a=%zz'],
    ['OTEL_EXPORTER_OTLP_HEADERS', 'a=b%0Ac'],
    ['OTEL_SERVICE_NAME', 'n'.repeat(201)],
    ['OTEL_TRACES_SAMPLER_ARG', '1.5'],
    ['OTEL_TRACES_SAMPLER_ARG', 'half'],
  ])('of %s stops the start with one sentence that names it: %s', (name, value) => {
    expect(refusals({ [name]: value })).toStrictEqual([
      expect.stringMatching(new RegExp(`^${name} must .*[^.]\\.$`, 's')),
    ]);
  });

  it.each([
    ['SECRETS_KEY', 'not-a-good-key-at-all'],
    ['DATABASE_URL', 'postgres://signalbox:hun#ter2@127.0.0.1/signalbox'],
    ['ADMIN_PASSWORD', 'hunter2'],
    ['ADMIN_API_KEY', 'too-short-a-key'],
    ['METRICS_TOKEN', 'too short'],
    ['OTEL_EXPORTER_OTLP_HEADERS', 'a-secret-without-a-name'],
  ])('of %s is not repeated in the sentence', (name, value) => {
    expect(refusals({ [name]: value }).join(' ')).not.toContain(value);
  });

  it('is told of together with all others', () => {
    const sentences = refusals({ PORT: 'x', LOG_LEVEL: 'x', SCRIPT_WORKERS: 'x' });
    expect(sentences.map((sentence) => sentence.split(' ')[0])).toStrictEqual([
      'PORT',
      'SCRIPT_WORKERS',
      'LOG_LEVEL',
    ]);
  });

  it('of OTEL_… counts without an endpoint too: nobody finds it out only when he turns tracing on', () => {
    expect(refusals({ OTEL_TRACES_SAMPLER_ARG: '2' })).toHaveLength(1);
    expect(readConfig({ OTEL_SERVICE_NAME: 'hooks' }).tracing).toBe(null);
  });

  it('names the entry of a list that cannot be read', () => {
    expect(refusals({ TRUSTED_PROXIES: '10.0.0.0/8, nonsense' })[0]).toContain('"nonsense"');
  });
});
