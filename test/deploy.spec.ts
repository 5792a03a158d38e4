import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { readConfig, variableNames } from '../src/config.ts';
import { refusals } from './support/refused-config.ts';
import { Signalbox } from './support/signalbox.ts';

const root = join(import.meta.dirname, '..');
const textOf = (path: string) => readFileSync(join(root, path), 'utf8');
const { version } = JSON.parse(textOf('package.json')) as { version: string };
const dockerfile = textOf('deploy/Dockerfile');

/** SIGTERM: exit 0 within this time (contract §12). */
const STOP_SECONDS = 30;
/** What each file has in place of a value that is nobody's to know. */
const PLACEHOLDER = 'replace';

type Environment = Record<string, string>;
type Labels = Record<string, string>;
interface Probe {
  httpGet: { path: string; port: string };
}
interface Container {
  image: string;
  command?: string[];
  args?: string[];
  env: { name: string; value: string }[];
  envFrom: { configMapRef?: { name: string }; secretRef?: { name: string } }[];
  ports: { name: string; containerPort: number }[];
  lifecycle?: { preStop: { exec: { command: [string, string] } } };
  securityContext: Record<string, unknown>;
  resources: { requests: Record<string, string>; limits: Record<string, string> };
  startupProbe: Probe;
  readinessProbe: Probe;
  livenessProbe: Probe;
}
interface Manifest {
  kind: string;
  metadata: { name: string };
  data?: Environment;
  stringData?: Environment;
  spec: {
    replicas: number;
    maxUnavailable: number;
    selector: Labels & { matchLabels: Labels };
    ports: { targetPort: string }[];
    template: {
      metadata: { labels: Labels };
      spec: {
        terminationGracePeriodSeconds: number;
        securityContext: Record<string, unknown>;
        containers: [Container];
      };
    };
  };
}
interface ComposeService {
  image: string;
  command?: string[];
  env_file: string;
  environment: Environment;
  ports?: string[];
  stop_grace_period: string;
  deploy?: { replicas: number };
}
interface Compose {
  services: { http: ComposeService; worker: ComposeService; postgres: ComposeService };
}

const manifests = readdirSync(join(root, 'deploy/kubernetes')).flatMap((file) =>
  parseAllDocuments(textOf(`deploy/kubernetes/${file}`)).map((document) => document.toJS() as Manifest),
);
const ofKind = (kind: string) => manifests.filter((manifest) => manifest.kind === kind);
const deployments = ofKind('Deployment').map(({ metadata, spec }) => ({
  name: metadata.name,
  spec,
  pod: spec.template.spec,
  container: spec.template.spec.containers[0],
}));
const [settings] = ofKind('ConfigMap');
const [secret] = ofKind('Secret');
const compose = parse(textOf('deploy/compose.yaml'), { merge: true }) as Compose;
const { postgres, ...ours } = compose.services;

/** `NAME=value` lines. */
function environmentIn(path: string): Environment {
  const lines = textOf(path)
    .split('\n')
    .filter((line) => /^[^#]/.test(line));
  return Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );
}

/** The address of the database that a file shows above the variable, with a password. */
function databaseUrlIn(path: string): string {
  const [, url] = /# (postgres:\S*<[^>]*>\S*)\n/.exec(textOf(path)) ?? [];
  return url!.replace(/<.*>/, 'a-password');
}

/** The variables with values as an operator sets them. */
function filled(given: Environment, databaseUrl: string): Environment {
  const mine: Environment = {
    DATABASE_URL: databaseUrl,
    SECRETS_KEY: randomBytes(32).toString('base64'),
    ADMIN_PASSWORD: 'correct horse battery',
    METRICS_TOKEN: 'a-token-of-ours',
  };
  return Object.fromEntries(
    Object.entries(given).map(([name, value]) => [name, value === PLACEHOLDER ? mine[name]! : value]),
  );
}

/** What the image sets. */
const imageEnvironment: Environment = { NODE_ENV: 'production', DATABASE_URL: 'sqlite:/data/signalbox.db' };

function expectRole(environment: Environment, role: string): void {
  expect(variableNames).toStrictEqual(expect.arrayContaining(Object.keys(environment)));
  expect(readConfig({ ...imageEnvironment, ...environment })).toMatchObject({
    isProduction: true,
    isShared: true,
    host: '0.0.0.0',
    port: Number(/^EXPOSE (\d+)$/m.exec(dockerfile)![1]),
    roles: { http: role === 'http', worker: role === 'worker' },
  });
}

const labelsOf = (role: string): Labels => ({
  'app.kubernetes.io/name': 'signalbox',
  'app.kubernetes.io/component': role,
});

describe('What is deployed', () => {
  it('is the image of this version, everywhere, started as the image starts it', () => {
    const images = [...deployments.map(({ container }) => container), ...Object.values(ours)];
    expect(images.map(({ image }) => image)).toStrictEqual(Array(4).fill(`signalbox:${version}`));
    expect(images.filter((one) => 'command' in one || 'args' in one || 'entrypoint' in one)).toStrictEqual(
      [],
    );
    const [, command] = /^CMD (\[.*\])$/m.exec(dockerfile)!;
    const [program, file] = JSON.parse(command!) as string[];
    expect([program, existsSync(join(root, file!))]).toStrictEqual(['node', true]);
  });

  it.each([
    ['deploy/signalbox.env.example', environmentIn('deploy/signalbox.env.example')],
    ['deploy/kubernetes/secret.yaml.example', secret!.stringData!],
  ])('has no secret in %s: what stands there stops the start, each value by itself', (path, given) => {
    expect(Object.values(given)).toStrictEqual(Object.keys(given).map(() => PLACEHOLDER));
    for (const name of Object.keys(given)) {
      const environment = { ...filled(given, databaseUrlIn(path)), [name]: PLACEHOLDER };
      expect(refusals(environment)).toStrictEqual([expect.stringMatching(`^${name} `)]);
    }
  });
});

describe('The compose file', () => {
  const given = filled(
    environmentIn('deploy/signalbox.env.example'),
    databaseUrlIn('deploy/signalbox.env.example'),
  );

  it.each(Object.entries(ours))('gives %s variables that make it what its name says', (role, service) => {
    expect(service.env_file).toBe('signalbox.env');
    expectRole({ ...given, ...service.environment }, role);
  });

  it('has each of its processes answer at the port that the image opens', () => {
    expect(ours.http.ports).toStrictEqual(['3000-3001:3000']);
    expect(ours.http.deploy?.replicas).toBe(2);
    expect(readConfig(given).port).toBe(3000);
  });

  it('gives a stop the time it takes', () => {
    for (const { stop_grace_period } of Object.values(ours))
      expect(Number.parseInt(stop_grace_period)).toBeGreaterThan(STOP_SECONDS);
  });

  it('has the database that the variables name, and no password of its own', () => {
    const { hostname, username, pathname } = new URL(given['DATABASE_URL']!);
    expect(Object.keys(compose.services)).toContain(hostname);
    expect(postgres.environment).toStrictEqual({ POSTGRES_USER: username, POSTGRES_DB: pathname.slice(1) });
    expect(environmentIn('deploy/postgres.env.example')).toStrictEqual({ POSTGRES_PASSWORD: '' });
    expect(textOf('.gitignore').split('\n')).toContain('deploy/*.env');
  });
});

describe('The Kubernetes manifests', () => {
  let signalbox: Signalbox;

  beforeAll(async () => {
    signalbox = await Signalbox.start();
  });
  afterAll(() => signalbox.stop());

  it('run a Deployment for each role', () => {
    expect(deployments.map(({ name }) => name)).toStrictEqual(['signalbox-http', 'signalbox-worker']);
  });

  it.each(deployments)('give $name variables that make it what its name says', ({ name, container }) => {
    expect(container.envFrom).toStrictEqual([
      { configMapRef: { name: settings!.metadata.name } },
      { secretRef: { name: secret!.metadata.name } },
    ]);
    const set = Object.fromEntries(container.env.map((variable) => [variable.name, variable.value]));
    const secrets = filled(secret!.stringData!, databaseUrlIn('deploy/kubernetes/secret.yaml.example'));
    expectRole({ ...settings!.data, ...secrets, ...set }, name.replace('signalbox-', ''));
  });

  it.each(deployments)(
    'probe $name at addresses that answer 200, at the port it listens on',
    async ({ container }) => {
      const { startupProbe, readinessProbe, livenessProbe } = container;
      expect(container.ports).toStrictEqual([
        { name: 'http', containerPort: Number(settings!.data!['PORT']) },
      ]);
      for (const { httpGet } of [startupProbe, readinessProbe, livenessProbe]) {
        expect(httpGet.port).toBe('http');
        expect((await fetch(`${signalbox.url}${httpGet.path}`)).status).toBe(200);
      }
      // A database that is away is no reason to end a process.
      expect(livenessProbe.httpGet.path).toBe('/health/live');
      expect(readinessProbe.httpGet.path).toBe('/health/ready');
    },
  );

  it.each(deployments)(
    'give $name the time that a stop takes, after what it waits before',
    ({ pod, container }) => {
      const [program, seconds] = container.lifecycle?.preStop.exec.command ?? ['sleep', '0'];
      expect(program).toBe('sleep');
      expect(pod.terminationGracePeriodSeconds).toBeGreaterThanOrEqual(Number(seconds) + STOP_SECONDS + 5);
    },
  );

  it.each(deployments)(
    'run $name as the user of the image, on a root that cannot be written',
    ({ pod, container }) => {
      const [, user, group] = /^USER (\d+):(\d+)$/m.exec(dockerfile)!;
      expect(pod.securityContext).toMatchObject({
        runAsNonRoot: true,
        runAsUser: Number(user),
        runAsGroup: Number(group),
        seccompProfile: { type: 'RuntimeDefault' },
      });
      expect(container.securityContext).toStrictEqual({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      });
      expect(Object.keys(container.resources.requests)).toStrictEqual(['cpu', 'memory']);
      expect(Object.keys(container.resources.limits)).toStrictEqual(['memory']);
    },
  );

  it('bring calls to those that answer them, and select what they say', () => {
    const [service] = ofKind('Service');
    expect(service!.spec.selector).toStrictEqual(labelsOf('http'));
    expect(service!.spec.ports.map(({ targetPort }) => targetPort)).toStrictEqual(['http']);
    for (const { name, spec } of deployments) {
      const labels = labelsOf(name.replace('signalbox-', ''));
      const budget = ofKind('PodDisruptionBudget').find(({ metadata }) => metadata.name === name)!;
      expect(spec.template.metadata.labels).toStrictEqual(labels);
      expect([spec.selector.matchLabels, budget.spec.selector.matchLabels]).toStrictEqual([labels, labels]);
      expect(budget.spec.maxUnavailable).toBeLessThan(spec.replicas);
    }
  });

  it('leave the secret to who applies it: no folder of manifests puts the example in its place', () => {
    const applied = readdirSync(join(root, 'deploy/kubernetes')).filter((file) =>
      /\.(ya?ml|json)$/.test(file),
    );
    const kinds = applied.flatMap((file) =>
      parseAllDocuments(textOf(`deploy/kubernetes/${file}`)).map(
        (document) => (document.toJS() as Manifest).kind,
      ),
    );
    expect(new Set(kinds)).toStrictEqual(
      new Set(['ConfigMap', 'Deployment', 'PodDisruptionBudget', 'Service']),
    );
  });
});
