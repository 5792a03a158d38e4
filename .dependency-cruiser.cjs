/** The arrows of the house: what may import what. Each rule's name is the sentence that a breach shows. */
const home = (name, library, path) => ({
  name,
  severity: 'error',
  from: { pathNot: path },
  to: { path: `node_modules/(${library})/` },
});

module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'no-orphans',
      severity: 'error',
      from: { orphan: true, pathNot: ['\\.spec\\.ts$', '^src/main\\.ts$', 'worker/main\\.ts$'] },
      to: {},
    },
    {
      name: 'no-undeclared-imports',
      severity: 'error',
      from: {},
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] },
    },
    { name: 'no-unresolvable-imports', severity: 'error', from: {}, to: { couldNotResolve: true } },
    {
      name: 'platform-knows-only-platform',
      severity: 'error',
      from: { path: '^src/platform/' },
      to: { path: '^src/', pathNot: '^src/platform/' },
    },
    {
      name: 'bus-knows-only-platform',
      severity: 'error',
      from: { path: '^src/bus/' },
      to: { path: '^src/', pathNot: '^src/(bus|platform)/' },
    },
    {
      name: 'engines-know-only-platform',
      severity: 'error',
      from: { path: '^src/engines/([^/]+)/' },
      to: { path: '^src/', pathNot: ['^src/platform/', '^src/engines/$1/'] },
    },
    {
      name: 'features-do-not-know-the-edge',
      severity: 'error',
      from: { path: '^src/features/' },
      to: { path: '^src/(http/|[^/]+\\.ts$)' },
    },
    {
      name: 'features-meet-at-their-index',
      severity: 'error',
      from: { path: '^src/features/([^/]+)/' },
      to: { path: '^src/features/', pathNot: ['^src/features/$1/', '^src/features/[^/]+/index\\.ts$'] },
    },
    {
      name: 'others-enter-rooms-by-their-index',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(features|bus|engines|platform)/' },
      to: { path: '^src/(features/[^/]+|engines/[^/]+|bus|platform/db)/', pathNot: '/index\\.ts$' },
    },
    {
      name: 'the-client-speaks-only-http',
      severity: 'error',
      from: { path: '^cli/' },
      to: { path: '^(src|test|bench)/' },
    },
    {
      name: 'nothing-knows-the-client',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^cli/' },
    },
    {
      name: 'rules-are-pure',
      severity: 'error',
      from: { path: '\\.rules\\.ts$' },
      to: { path: 'node_modules/(@nestjs|typeorm|axios)/' },
    },
    home('isolated-vm-lives-in-the-script-engine', 'isolated-vm', '^src/engines/script/'),
    home('feelin-and-ajv-live-in-the-expression-engine', 'feelin|ajv', '^src/engines/expression/'),
    home('sqlite3-lives-in-the-database', 'sqlite3', '^src/platform/db/'),
    home('axios-lives-in-outbound-http', 'axios', '^src/platform/outbound-http[^/]*\\.ts$'),
    home('argon2-lives-in-access', '@node-rs/argon2', '^src/features/access/'),
    home('jose-lives-in-access', 'jose', '^src/features/access/'),
    home('prom-client-lives-in-telemetry', 'prom-client', '^src/platform/telemetry/prometheus-text\\.ts$'),
    home(
      'opentelemetry-lives-in-telemetry',
      '@opentelemetry/[^/]+',
      '^src/platform/telemetry/otlp-tracer\\.ts$',
    ),
    home('yaml-and-diff-live-in-the-client', 'yaml|diff', '^cli/'),
    home('pino-lives-in-the-logger', 'pino(-pretty)?', '^src/platform/logger\\.ts$'),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.test.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
};
