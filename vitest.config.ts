import { defineConfig } from 'vitest/config';
import { isPostgres } from './test/support/database.ts';
import { postgresBinaries } from './test/support/postgres/binaries.ts';
import { SlowestFirst } from './test/support/slowest-first.ts';

const isLeftOut = isPostgres && postgresBinaries() === null;
if (isLeftOut) {
  const sentence = 'PostgreSQL is not installed for this platform: the tests on it are left out';
  if (process.env['CI']) throw new Error(sentence);
  console.log(sentence);
}
/** What no database has a part in: it is the same on both. */
const withoutDatabase = [
  'src/engines/**',
  'src/**/*.rules.spec.ts',
  'src/platform/outbound-http*',
  'test/*.spec.ts',
  'test/cli/**',
  'test/contracts/**',
  'test/errors/**',
  'test/flows/plugin-refusals.spec.ts',
  'test/sandbox/**',
  'test/security/hostile-expressions.spec.ts',
];

export default defineConfig({
  test: {
    include: isLeftOut ? [] : ['src/**/*.spec.ts', 'test/**/*.spec.ts'],
    passWithNoTests: isLeftOut,
    exclude: ['test/browser/**', 'node_modules/**', ...(isPostgres ? withoutDatabase : [])],
    globalSetup: isPostgres && !isLeftOut ? ['test/support/postgres/server.ts'] : [],
    setupFiles: ['test/support/end-servers.ts'],
    pool: 'forks',
    maxWorkers: 2,
    sequence: { sequencer: SlowestFirst },
    testTimeout: 30_000,
    hookTimeout: 60_000,
    reporters: ['default'],
  },
});
